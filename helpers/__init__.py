"""PyTorch implementations of what the lectures teach, one module per lecture part, and what they share."""
