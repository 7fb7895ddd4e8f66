/**
 * Port where every serving node says whether it is ready (`/ready`, what a load balancer asks of heads) and which start of
 * its engine is the present one (`/incarnation`, what the nodes of one replica ask each other). Beside the engine's port,
 * because the engine's `/health` says that a process lives, not that it should get requests.
 */
export const readinessPort = 8090;
