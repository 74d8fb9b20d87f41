namespace ResearchFreeze.Autograd;

/// <summary>One Lion update (Chen et al. 2023): w ← w − rate·decay·w − rate·sign(beta1·m + (1 − beta1)·s·g), sign(0) = 0; then m ← beta2·m + (1 − beta2)·s·g; s is the guard's factor.</summary>
public readonly record struct LionStep(float Rate, float Beta1, float Beta2, float WeightDecay);
