"""Audit and rewrite Litestar applications."""
