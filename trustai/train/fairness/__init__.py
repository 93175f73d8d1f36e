"""Training against unfairness: adversarial debiasing, its path over lambda, and its evaluation."""
