namespace ResearchFreeze.Layers;

/// <summary>tanh x, element by element.</summary>
public sealed class Tanh() : OneOperation(nameof(Tanh), x => x.Tanh());
