using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>max(0, x), element by element. <c>Linear(…, activation: Activation.Relu)</c> does the same in the product's last step.</summary>
public sealed class Relu : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Relu();

    /// <summary><c>Relu</c>.</summary>
    public override string ToString() => nameof(Relu);
}

/// <summary>tanh x, element by element.</summary>
public sealed class Tanh : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Tanh();

    /// <summary><c>Tanh</c>.</summary>
    public override string ToString() => nameof(Tanh);
}

/// <summary>1 / (1 + e⁻ˣ), element by element.</summary>
public sealed class Sigmoid : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Sigmoid();

    /// <summary><c>Sigmoid</c>.</summary>
    public override string ToString() => nameof(Sigmoid);
}
