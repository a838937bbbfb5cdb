"""The true ground: heights, normals, rays."""
