namespace ResearchFreeze.Autograd;

/// <summary>An activation that a product can apply to its result before storing it. Each derivative follows from the output alone.</summary>
public enum Activation
{
    /// <summary>Identity.</summary>
    None,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    Sigmoid,
}
