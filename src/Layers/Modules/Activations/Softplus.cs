namespace ResearchFreeze.Layers;

/// <summary>log(1 + eˣ), element by element.</summary>
public sealed class Softplus() : OneOperation(nameof(Softplus), x => x.Softplus());
