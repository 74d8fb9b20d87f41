using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>y = activation(x·Wᵀ + b) over the innermost axis: input (…, in), weight (out, in), bias (out).</summary>
public class Linear : Module
{
    private readonly Activation activation;

    /// <summary>A linear layer. Weights start as <see cref="Initializers.For"/> the activation says, the bias at zero.</summary>
    public Linear(int inputs, int outputs, bool bias = true, Activation activation = Activation.None, Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        this.activation = activation;
        Weight = Register(nameof(Weight), [outputs, inputs], initializer ?? Initializers.For(activation));
        if (bias) Bias = Register(nameof(Bias), [outputs], Initializers.Zeros);
    }

    /// <summary>A layer that shares another module's weight (out, in): tied parameters, which freeze and train as one.</summary>
    public Linear(Parameter tiedWeight, bool bias = true, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(tiedWeight);
        if (tiedWeight.Shape.Rank != 2) throw new ShapeException($"Linear: a weight has shape (out, in), '{tiedWeight.Path}' has {tiedWeight.Shape}.");
        this.activation = activation;
        Weight = Register(nameof(Weight), tiedWeight);
        if (bias) Bias = Register(nameof(Bias), [tiedWeight.Shape[0]], Initializers.Zeros);
    }

    /// <summary>The weight (out, in).</summary>
    public Parameter Weight { get; }

    /// <summary>The bias (out), if there is one.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank < 1 || input.Shape[^1] != Weight.Shape[1])
            throw new ShapeException($"linear '{Path}': input {input.Shape} does not fit weight {Weight.Shape} (out, in).");
        return input.Linear(Weight.Value, Bias?.Value, activation);
    }

    /// <summary>For example <c>Linear(784 → 256, relu)</c>.</summary>
    public override string ToString()
    {
        string suffix = activation == Activation.None ? "" : $", {activation.ToString().ToLowerInvariant()}";
        return $"Linear({Weight.Shape[1]} → {Weight.Shape[0]}{suffix})";
    }
}
