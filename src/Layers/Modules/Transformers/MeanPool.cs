using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// The mean over a sequence's own places: (n, places, width) → (n, width). It is an attention whose query is zero, so every place counts the same: a sequence's bits do not depend on its padding, which has a gradient of exactly zero.
/// </summary>
public sealed class MeanPool : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same of sequences that end early. One without a place gets zeros.</summary>
    /// <param name="input">(n, places, width).</param>
    /// <param name="lengths">Places of each sequence (n); null: all.</param>
    public Tensor Forward(Tensor input, IntTensor? lengths)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank != 3) throw new ShapeException($"mean pool: needs (n, places, width), found {input.Shape}.");
        (int n, int width) = (input.Shape[0], input.Shape[2]);
        // Heads of at most what attention takes; how many changes nothing.
        int heads = Math.Max(1, (width + AttentionShape.MostSize - 1) / AttentionShape.MostSize);
        while (heads < width && width % heads != 0) heads++;
        using Tensor query = Tensor.Zeros(input.Device, [n, 1, width]), key = input.StopGradient(), pooled = query.Attention(key, input, heads, null, lengths);
        return pooled.Reshape([n, width]);
    }

    /// <summary>Its name.</summary>
    public override string ToString() => "MeanPool";
}
