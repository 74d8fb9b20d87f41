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

/// <summary>x·Φ(x), the exact form, element by element.</summary>
public sealed class Gelu : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Gelu();

    /// <summary><c>Gelu</c>.</summary>
    public override string ToString() => nameof(Gelu);
}

/// <summary>x·Φ(x) by the tanh approximation, element by element.</summary>
public sealed class GeluTanh : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.GeluTanh();

    /// <summary><c>GeluTanh</c>.</summary>
    public override string ToString() => nameof(GeluTanh);
}

/// <summary>x·σ(x), element by element.</summary>
public sealed class Silu : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Silu();

    /// <summary><c>Silu</c>.</summary>
    public override string ToString() => nameof(Silu);
}

/// <summary>log(1 + eˣ), element by element.</summary>
public sealed class Softplus : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Softplus();

    /// <summary><c>Softplus</c>.</summary>
    public override string ToString() => nameof(Softplus);
}

/// <summary>x where x > 0, else slope·x, element by element.</summary>
public sealed class LeakyRelu(double slope = 0.01) : Module
{
    private readonly MapFunction function = new(Tensor.LeakyReluKernel(slope));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => function.Apply([input]);

    /// <summary>For example <c>LeakyRelu(0.01)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"LeakyRelu({slope})");
}

/// <summary>The softmax of the innermost axis; a loss on logits needs none.</summary>
public sealed class Softmax : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Softmax();

    /// <summary><c>Softmax</c>.</summary>
    public override string ToString() => nameof(Softmax);
}

/// <summary>The logarithm of the softmax of the innermost axis.</summary>
public sealed class LogSoftmax : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.LogSoftmax();

    /// <summary><c>LogSoftmax</c>.</summary>
    public override string ToString() => nameof(LogSoftmax);
}
