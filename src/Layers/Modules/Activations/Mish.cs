namespace ResearchFreeze.Layers;

/// <summary>x·tanh(log(1 + eˣ)), element by element.</summary>
public sealed class Mish() : OneOperation(nameof(Mish), x => x.Mish());
