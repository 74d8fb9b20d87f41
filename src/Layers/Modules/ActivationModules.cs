using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A module that is one operation without parameters or settings.</summary>
/// <param name="name">What it prints as.</param>
/// <param name="operation">The operation, a new handle for each input.</param>
public abstract class OneOperation(string name, Func<Tensor, Tensor> operation) : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return operation(input);
    }

    /// <summary>The name of the operation.</summary>
    public override string ToString() => name;
}

/// <summary>max(0, x), element by element. <c>Linear(…, activation: Activation.Relu)</c> does the same in the product's last step.</summary>
public sealed class Relu() : OneOperation(nameof(Relu), x => x.Relu());

/// <summary>tanh x, element by element.</summary>
public sealed class Tanh() : OneOperation(nameof(Tanh), x => x.Tanh());

/// <summary>1 / (1 + e⁻ˣ), element by element.</summary>
public sealed class Sigmoid() : OneOperation(nameof(Sigmoid), x => x.Sigmoid());

/// <summary>x·Φ(x), the exact form, element by element.</summary>
public sealed class Gelu() : OneOperation(nameof(Gelu), x => x.Gelu());

/// <summary>x·Φ(x) by the tanh approximation, element by element.</summary>
public sealed class GeluTanh() : OneOperation(nameof(GeluTanh), x => x.GeluTanh());

/// <summary>x·σ(x), element by element.</summary>
public sealed class Silu() : OneOperation(nameof(Silu), x => x.Silu());

/// <summary>log(1 + eˣ), element by element.</summary>
public sealed class Softplus() : OneOperation(nameof(Softplus), x => x.Softplus());

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
public sealed class Softmax() : OneOperation(nameof(Softmax), x => x.Softmax());

/// <summary>The logarithm of the softmax of the innermost axis.</summary>
public sealed class LogSoftmax() : OneOperation(nameof(LogSoftmax), x => x.LogSoftmax());
