namespace ResearchFreeze.Autograd;

/// <summary>One SGD update: g' = s·g + decay·w; v ← momentum·v + g'; w ← w − rate·(nesterov ? g' + momentum·v : v), s the guard's factor.</summary>
public readonly record struct SgdStep(float Rate, float Momentum, bool Nesterov, float WeightDecay);
