using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Turns pairs of a head's elements by angles that grow with the place (Su et al. 2021, "RoFormer"), so that scores depend on how far apart two places are: element i of a head's first half and element i of its second turn by
/// place / base^(2i/size), as in GPT-NeoX and Llama. (n, places, heads · size), of any number of heads; no parameters. It is made of other operations. Tables
/// of the angles are kept on the device until the module is disposed.
/// </summary>
/// <param name="size">Elements of a head, an even number.</param>
/// <param name="angleBase">The base of the angles.</param>
public sealed class RotaryPositions(int size, double angleBase = 10000) : Module
{
    private readonly int size = size > 0 && size % 2 == 0 ? size : throw new ArgumentException($"RotaryPositions: a head's size must be even and positive, found {size}.", nameof(size));

    // (places, 1, half), of the longest sequence so far and of the device that it was on.
    private Tensor? cosines, sines;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!(angleBase > 0) || double.IsInfinity(angleBase)) throw new InvalidOperationException($"RotaryPositions: the base of the angles must be positive, found {angleBase}.");
        if (input.Shape.Rank != 3 || input.Shape[2] % size != 0) throw new ShapeException($"rotary positions: need (n, places, heads · {size}), found {input.Shape}.");
        (int n, int places, int heads, int half) = (input.Shape[0], input.Shape[1], input.Shape[2] / size, size / 2);
        Prepare(input.Device, places);
        using Tensor cosine = cosines!.Slice(0, 0, places), sine = sines!.Slice(0, 0, places);
        using Tensor rows = input.Reshape([n, places, heads, size]), first = rows.Slice(3, 0, half), second = rows.Slice(3, half, size);
        using Tensor a = first * cosine, b = second * sine, c = second * cosine, d = first * sine, left = a - b, right = c + d;
        using Tensor turned = Tensor.Concatenate(3, left, right);
        return turned.Reshape(input.Shape);
    }

    /// <inheritdoc/>
    private protected override void Release()
    {
        cosines?.Dispose();
        sines?.Dispose();
        (cosines, sines) = (null, null);
    }

    /// <summary>The tables for at least so many places: made and uploaded when a longer sequence comes than any before, and otherwise kept, since a step is to upload nothing that does not change.</summary>
    private void Prepare(Device device, int places)
    {
        if (cosines is { } known && known.Device == device && known.Shape[0] >= places) return;
        // Twice as many as before, so that sequences that grow by and by do not make them each time.
        int rows = cosines is null || cosines.Device != device ? places : Math.Max(places, 2 * cosines.Shape[0]), half = size / 2;
        Release();
        float[] ofCosines = new float[rows * half], ofSines = new float[rows * half];
        for (int place = 0; place < rows; place++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = place / Math.Pow(angleBase, 2.0 * i / size);
                (ofCosines[(place * half) + i], ofSines[(place * half) + i]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
            }
        }
        (cosines, sines) = (Table(ofCosines), Table(ofSines));

        Tensor Table(float[] values)
        {
            // As a parameter's: it outlives the step.
            Tensor table = Tensor.Empty(device, [rows, 1, half], MemoryKind.Parameter);
            try
            {
                device.Upload(values, table.Range);
                return table;
            }
            catch
            {
                table.Dispose();
                throw;
            }
        }
    }

    /// <summary>For example <c>RotaryPositions(64)</c>.</summary>
    public override string ToString() => $"RotaryPositions({size})";
}
