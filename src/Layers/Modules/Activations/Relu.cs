namespace ResearchFreeze.Layers;

/// <summary>max(0, x), element by element. <c>Linear(…, activation: Activation.Relu)</c> does the same in the product's last step.</summary>
public sealed class Relu() : OneOperation(nameof(Relu), x => x.Relu());
