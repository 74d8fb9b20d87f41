using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Images (n, height, width, channels) larger by whole factors: each pixel repeated, or bilinear between pixels; see <see cref="Tensor.UpsampleNearest"/> and <see cref="Tensor.ResampleLinear"/>.</summary>
/// <param name="factor">Of height and width.</param>
/// <param name="linear">Whether it is bilinear.</param>
public sealed class Upsample(Size2 factor, bool linear = false) : Module
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!linear || input.Shape.Rank != 4) return input.UpsampleNearest(factor);
        return input.ResampleLinear(new Size2(input.Shape[1] * factor.Height, input.Shape[2] * factor.Width));
    }

    /// <summary>For example <c>Upsample(2, linear)</c>.</summary>
    public override string ToString() => $"Upsample({factor}{(linear ? ", linear" : "")})";
}
