using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Evaluation;

/// <summary>The data of a shift task: before, and after.</summary>
internal static class ShiftedData
{
    /// <summary>The mean over this many pixels to each side, twice.</summary>
    private const int BlurReach = 3;

    /// <summary>The first images of each part.</summary>
    public static DataSplits Few(DataSplits all, int images) =>
        new(all.Name, First(all.Train, images), First(all.Validation, Math.Max(1, images / 4)), First(all.Test, Math.Max(1, images / 2)));

    /// <summary>What the network is made on.</summary>
    public static DataSplits Before(DataSplits clean, Shift shift) => shift == Shift.NewClasses ? clean.WithClasses(Half(clean, second: false)) : clean;

    /// <summary>What it is adapted to. Images keep the normalisation of the clean ones, as they would in use.</summary>
    public static DataSplits After(DataSplits clean, Shift shift, ulong seed) => shift switch
    {
        Shift.Inverted => Each(clean, set => Images(set, Invert(set))),
        Shift.Blurred => Each(clean, set => Images(set, Blur(set))),
        Shift.NewClasses => clean.WithClasses(Half(clean, second: true)),
        Shift.PermutedLabels => Each(clean, set => set.WithLabels(Array.ConvertAll(set.Labels, label => Moved(label, set.ClassCount, seed)))),
        _ => throw new ArgumentOutOfRangeException(nameof(shift), $"Shift task: no shift {shift}."),
    };

    /// <summary>Half as many classes, so that both halves have the same number.</summary>
    private static int[] Half(DataSplits clean, bool second) => [.. Enumerable.Range(second ? clean.ClassCount / 2 : 0, clean.ClassCount / 2)];

    /// <summary>A rotation by 1 to classes − 1: no label stays.</summary>
    private static int Moved(int label, int classes, ulong seed) => (label + 1 + (int)(seed % (ulong)(classes - 1))) % classes;

    private static HostDataSet First(HostDataSet set, int count) => set.Select([.. Enumerable.Range(0, Math.Min(count, set.Count))]);

    private static DataSplits Each(DataSplits splits, Func<HostDataSet, HostDataSet> change) => new(splits.Name, change(splits.Train), change(splits.Validation), change(splits.Test));

    private static HostDataSet Images(HostDataSet set, Action<float[]> change)
    {
        var values = new float[set.Count * set.SampleSize];
        var image = new float[set.SampleSize];
        for (int i = 0; i < set.Count; i++)
        {
            set.CopySample(i, image);
            change(image);
            image.CopyTo(values, i * set.SampleSize);
        }
        return HostDataSet.FromArrays(values, set.SampleShape, set.Labels, set.ClassCount, set.Name);
    }

    /// <summary>Stored values lie in [0, 1] before they are normalised: v becomes 1 − v.</summary>
    private static Action<float[]> Invert(HostDataSet set)
    {
        float[] ends = [0, 1];
        Normalisation constants = Grey(set);
        constants.Apply(ends);
        return image =>
        {
            for (int i = 0; i < image.Length; i++) image[i] = ends[0] + ends[1] - image[i];
        };
    }

    private static Action<float[]> Blur(HostDataSet set)
    {
        Grey(set);
        int height = set.SampleShape[0], width = set.SampleShape[1];
        var held = new float[set.SampleSize];
        return image =>
        {
            for (int time = 0; time < 2; time++)
            {
                Mean(image, held, height, width, width, 1);
                Mean(held, image, width, height, 1, width);
            }
        };
    }

    /// <summary>The mean along one axis; pixels beyond the edge are those at the edge.</summary>
    private static void Mean(float[] from, float[] to, int lines, int length, int lineStride, int stride)
    {
        for (int line = 0; line < lines; line++)
        {
            for (int i = 0; i < length; i++)
            {
                float sum = 0;
                for (int offset = -BlurReach; offset <= BlurReach; offset++) sum += from[(line * lineStride) + (Math.Clamp(i + offset, 0, length - 1) * stride)];
                to[(line * lineStride) + (i * stride)] = sum / ((2 * BlurReach) + 1);
            }
        }
    }

    private static Normalisation Grey(HostDataSet set)
    {
        if (set.SampleShape.Length != 2 || set.Normalisation is not { } constants)
            throw new ShapeException($"Shift task: needs normalised grey images (height, width), found samples of shape ({string.Join(", ", set.SampleShape)}) in '{set.Name}'.");
        return constants;
    }
}
