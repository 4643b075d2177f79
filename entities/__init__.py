"""State that outlives an orchestration: durable entities."""
