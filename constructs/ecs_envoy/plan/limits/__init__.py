"""The limits of AWS, and how services are spread over stacks so that they are kept."""
