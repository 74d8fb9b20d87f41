namespace ResearchFreeze.Autograd;

/// <summary>One RMSprop update as PyTorch has it: g' = s·g + decay·w; q ← alpha·q + (1 − alpha)·g'²; d = g' / (√q + epsilon); v ← momentum·v + d; w ← w − rate·v, or rate·d without a velocity; s is the guard's factor.</summary>
public readonly record struct RmsPropStep(float Rate, float Alpha, float Epsilon, float Momentum, float WeightDecay);
