using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Turns pairs of a head's elements by angles that grow with the place (Su et al. 2021, "RoFormer"), so that scores depend on how far apart two places are: element i of a head's first half and element i of its second turn by
/// place / base^(2i/size), as in GPT-NeoX and Llama. (n, places, heads · size), of any number of heads; no parameters. It is made of other operations.
/// </summary>
/// <param name="size">Elements of a head, an even number.</param>
/// <param name="angleBase">The base of the angles.</param>
public sealed class RotaryPositions(int size, double angleBase = 10000) : Module
{
    private readonly int size = size > 0 && size % 2 == 0 ? size : throw new ArgumentException($"RotaryPositions: a head's size must be even and positive, found {size}.", nameof(size));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!(angleBase > 0) || double.IsInfinity(angleBase)) throw new InvalidOperationException($"RotaryPositions: the base of the angles must be positive, found {angleBase}.");
        if (input.Shape.Rank != 3 || input.Shape[2] % size != 0) throw new ShapeException($"rotary positions: need (n, places, heads · {size}), found {input.Shape}.");
        (int n, int places, int heads, int half) = (input.Shape[0], input.Shape[1], input.Shape[2] / size, size / 2);
        var cosines = new float[places * half];
        var sines = new float[places * half];
        for (int place = 0; place < places; place++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = place / Math.Pow(angleBase, 2.0 * i / size);
                (cosines[(place * half) + i], sines[(place * half) + i]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
            }
        }
        using Tensor cosine = Tensor.From(input.Device, cosines, [places, 1, half]), sine = Tensor.From(input.Device, sines, [places, 1, half]);
        using Tensor rows = input.Reshape([n, places, heads, size]), first = rows.Slice(3, 0, half), second = rows.Slice(3, half, size);
        using Tensor a = first * cosine, b = second * sine, c = second * cosine, d = first * sine, left = a - b, right = c + d;
        using Tensor turned = Tensor.Concatenate(3, left, right);
        return turned.Reshape(input.Shape);
    }

    /// <summary>For example <c>RotaryPositions(64)</c>.</summary>
    public override string ToString() => $"RotaryPositions({size})";
}
