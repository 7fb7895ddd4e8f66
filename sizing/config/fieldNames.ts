import { limits } from "./fields";

// What architectures call the numbers that every part of the reader asks for, and how large they may be.
export const layerNames = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"];
export const hiddenNames = ["hidden_size", "n_embd", "n_embed", "d_model", "hidden_dim"];
export const headNames = ["num_attention_heads", "n_head", "n_heads", "num_heads"];
export const layerRule = { most: limits.layers };
export const widthRule = { most: limits.width };
export const headRule = { most: limits.heads };
