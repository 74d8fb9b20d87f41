namespace ResearchFreeze.Autograd;

/// <summary>One AdamW update (decoupled decay; L2 decay as in Adam where <paramref name="Coupled"/>), with the parameter's own step count (1 at its first update) for bias correction.</summary>
public readonly record struct AdamStep(float Rate, float Beta1, float Beta2, float Epsilon, float WeightDecay, bool Coupled, int Step);
