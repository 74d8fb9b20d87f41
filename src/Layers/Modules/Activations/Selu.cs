namespace ResearchFreeze.Layers;

/// <summary>1.0507·x where x > 0, else 1.0507·1.6733·(eˣ − 1), element by element.</summary>
public sealed class Selu() : OneOperation(nameof(Selu), x => x.Selu());
