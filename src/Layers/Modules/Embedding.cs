using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Rows of a trainable table by token id: ids (…) → (…, width). Its gradient adds up the rows that were used; an id outside the table is an error that names it and its position.</summary>
public sealed class Embedding : Module<IntTensor>
{
    /// <summary>A table of this many rows.</summary>
    /// <param name="rows">Ids run from 0 to rows − 1.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="initializer">The start; standard normal if none is given, as in PyTorch.</param>
    public Embedding(int rows, int width, Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Weight = Register(nameof(Weight), [rows, width], initializer ?? Initializers.Normal(1));
    }

    /// <summary>The table (rows, width).</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public override Tensor Forward(IntTensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Weight.Value.Embedding(input);
    }

    /// <summary>For example <c>Embedding(1000, 64)</c>.</summary>
    public override string ToString() => $"Embedding({Weight.Shape[0]}, {Weight.Shape[1]})";
}
