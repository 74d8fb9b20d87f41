using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A linear layer whose weight stays and to which a product of two small ones is added (Hu et al. 2022, "LoRA"): y = x·Wᵀ + b + (alpha / rank)·(x·Aᵀ)·Bᵀ, with A (rank, in) that starts at random and B (out, rank) that starts at
/// zero, so that it begins as the layer. What is compared with freezing: freeze the weight, and train A and B.
/// </summary>
public sealed class LoraLinear : Linear
{
    private readonly double scale;

    /// <summary>A layer with an addition of this rank.</summary>
    /// <param name="inputs">Elements of an input.</param>
    /// <param name="outputs">Elements of an output.</param>
    /// <param name="rank">Of the addition.</param>
    /// <param name="alpha">The addition is scaled by alpha / rank.</param>
    /// <param name="bias">Whether there is one.</param>
    public LoraLinear(int inputs, int outputs, int rank, double alpha, bool bias = true)
        : base(inputs, outputs, bias)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rank);
        scale = double.IsFinite(alpha) && alpha > 0 ? alpha / rank : throw new ArgumentOutOfRangeException(nameof(alpha), $"LoraLinear: alpha must be positive, found {alpha}.");
        // As in the paper's code: uniform in ±1/√in, √5 being its gain of a leaky ReLU.
        Down = Register("loraDown", [rank, inputs], Initializers.KaimingUniform(1 / Math.Sqrt(3)));
        Up = Register("loraUp", [outputs, rank], Initializers.Zeros);
    }

    /// <summary>A (rank, in).</summary>
    public Parameter Down { get; }

    /// <summary>B (out, rank).</summary>
    public Parameter Up { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        using Tensor y = base.Forward(input), low = input.Linear(Down.Value, null), added = low.Linear(Up.Value, null), scaled = added * scale;
        return y + scaled;
    }

    /// <summary>Adds the product to the weight, and begins anew with B = 0: the same outputs, at the price of the layer alone.</summary>
    public void Merge()
    {
        using GradMode.Restore mode = GradMode.Disable();
        using var scope = new Scope();
        Tensor merged = Weight.Value + (Up.Value.MatMul(Down.Value) * scale);
        Weight.Set(merged.ToArray());
        Up.Set(new float[Up.Shape.Count]);
    }

    /// <summary>For example <c>LoraLinear(384 → 384, rank 8)</c>.</summary>
    public override string ToString() => $"LoraLinear({Weight.Shape[1]} → {Weight.Shape[0]}, rank {Down.Shape[0]})";
}
