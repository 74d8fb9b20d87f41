namespace ResearchFreeze.Autograd;

/// <summary>Values that several primitives' cases need.</summary>
internal static class CaseValues
{
    /// <summary>What results are multiplied with when they are added to.</summary>
    public static readonly float[] Betas = [0, 1, -0.5f];

    public static readonly Activation[] Activations = Enum.GetValues<Activation>();

    /// <summary>A factor that keeps a sum over so many products near 1, so that the tolerance is relative to what is summed.</summary>
    public static float Share(int summands) => 1 / MathF.Sqrt(Math.Max(1, summands));

    /// <summary>Values with many ties; of kind 2 some are NaN, of kind 3 none is a number, of kind 4 many are infinite.</summary>
    public static float[] Ties(int length, int kind)
    {
        float[] infinite = [float.NegativeInfinity, float.PositiveInfinity, 1, -1, float.NaN, -0f, 0];
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            bool isNaN = kind == 3 || (kind == 2 && i * 31 % 17 == 3);
            values[i] = kind == 4 ? i < length / 2 ? float.NegativeInfinity : infinite[i * 7919 % infinite.Length] : isNaN ? float.NaN : (i * 7919 % 5) - 4;
        }
        return values;
    }

    /// <summary>Which inputs are the largest ones, found by the reference: a gradient's check must not rest on the device's own search.</summary>
    public static int[] Winners(int inputs, int outputs, Action<Device, TensorRange, TensorRange, TensorRange> find)
    {
        using var reference = new ReferenceDevice();
        var winners = new int[outputs];
        PrimitiveBench.Run(reference, b =>
        {
            TensorRange indices = b.Integers(winners);
            find(reference, b.Reals(Ties(inputs, 2)), b.Output(outputs), indices);
            reference.Download(indices, winners);
        });
        return winners;
    }
}
