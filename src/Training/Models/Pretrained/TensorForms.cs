using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Turns tensors between how they lie here and there.</summary>
internal static class TensorForms
{
    private const int RowsBefore = 2;

    /// <summary>The shape there of one of ours.</summary>
    public static Shape ToTheirs(TensorForm form, Shape ours) => form switch
    {
        TensorForm.Turned => [ours[1], ours[0]],
        TensorForm.Convolution => [ours[0], ours[3], ours[1], ours[2]],
        TensorForm.Batched => [1, ours[0], ours[1]],
        TensorForm.BehindTwoRows => [ours[0] + RowsBefore, ours[1]],
        _ => ours,
    };

    /// <summary>Their elements in our order.</summary>
    public static SafetensorsEntry ToOurs(TensorForm form, Shape ours, SafetensorsEntry theirs)
    {
        if (form == TensorForm.Same) return theirs;
        double[] values = theirs.ToDoubles();
        double[] turned = form switch
        {
            TensorForm.Turned => Turned<double>(values, ours[1], ours[0]),
            TensorForm.Convolution => ChannelsLast(values, ours),
            TensorForm.BehindTwoRows => values[(RowsBefore * ours[1])..],
            _ => values,
        };
        return theirs.Type == "F64" ? SafetensorsEntry.Of(ours, turned) : SafetensorsEntry.Of(ours, Array.ConvertAll(turned, value => (float)value));
    }

    /// <summary>Our elements in their order.</summary>
    public static SafetensorsEntry ToTheirs(TensorForm form, Shape ours, float[] values) => SafetensorsEntry.Of(ToTheirs(form, ours), form switch
    {
        TensorForm.Turned => Turned<float>(values, ours[0], ours[1]),
        TensorForm.Convolution => ChannelsFirst(values, ours),
        TensorForm.BehindTwoRows => [.. new float[RowsBefore * ours[1]], .. values],
        _ => values,
    });

    private static T[] Turned<T>(ReadOnlySpan<T> values, int rows, int columns)
    {
        var turned = new T[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) turned[(column * rows) + row] = values[(row * columns) + column];
        }
        return turned;
    }

    /// <summary>(out, in, height, width) to (out, height, width, in): each output's channels and pixels turned.</summary>
    private static double[] ChannelsLast(double[] values, Shape ours)
    {
        int each = values.Length / ours[0];
        return [.. Enumerable.Range(0, ours[0]).SelectMany(o => Turned<double>(values.AsSpan(o * each, each), ours[3], each / ours[3]))];
    }

    private static float[] ChannelsFirst(float[] values, Shape ours)
    {
        int each = values.Length / ours[0];
        return [.. Enumerable.Range(0, ours[0]).SelectMany(o => Turned<float>(values.AsSpan(o * each, each), each / ours[3], ours[3]))];
    }
}
