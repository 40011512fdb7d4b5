"""Classification losses in PyTorch, readable and exact, and the slider figures that explain them."""
