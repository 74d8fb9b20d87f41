namespace ResearchFreeze.Autograd;

/// <summary>What a mask's entries stand for.</summary>
public enum UpdateMaskAxis
{
    /// <summary>One entry an element, row-major.</summary>
    Scalars,

    /// <summary>One entry an index of the first axis: a matrix's or a convolution's outputs, an embedding's tokens.</summary>
    Rows,

    /// <summary>One entry an index of the last axis: inputs of a matrix, input channels of a convolution.</summary>
    Channels,
}

/// <summary>
/// Which parts of a parameter an optimizer may change. Frozen ones keep value and optimizer state, bit for bit, decay and momentum included. The gradient is computed all the same: a mask saves no
/// computation, which is what freezing whole parameters is for.
/// </summary>
public sealed class UpdateMask
{
    private readonly bool[] trains;

    private UpdateMask(UpdateMaskAxis axis, ReadOnlySpan<bool> trains)
    {
        Axis = axis;
        this.trains = trains.ToArray();
    }

    /// <summary>What the entries stand for.</summary>
    public UpdateMaskAxis Axis { get; }

    /// <summary>Whether each part trains.</summary>
    public IReadOnlyList<bool> Trains => trains;

    /// <summary>One entry an element, row-major.</summary>
    public static UpdateMask Scalars(ReadOnlySpan<bool> trains) => new(UpdateMaskAxis.Scalars, trains);

    /// <summary>One entry an index of the first axis.</summary>
    public static UpdateMask Rows(ReadOnlySpan<bool> trains) => new(UpdateMaskAxis.Rows, trains);

    /// <summary>One entry an index of the last axis.</summary>
    public static UpdateMask Channels(ReadOnlySpan<bool> trains) => new(UpdateMaskAxis.Channels, trains);

    /// <summary>Entries for an axis.</summary>
    public static UpdateMask Of(UpdateMaskAxis axis, ReadOnlySpan<bool> trains) => new(axis, trains);

    /// <summary>How many elements of a parameter of this shape do not train.</summary>
    public long Frozen(Shape shape) => trains.LongCount(part => !part) * (shape.Count / Math.Max(1, trains.Length));

    /// <summary>For example <c>rows, 3 of 10 frozen</c>.</summary>
    public override string ToString() => $"{Axis.ToString().ToLowerInvariant()}, {trains.Count(part => !part)} of {trains.Length} frozen";

    /// <summary>How many entries a mask of a shape has.</summary>
    internal static int EntriesOf(UpdateMaskAxis axis, Shape shape) => axis switch
    {
        UpdateMaskAxis.Rows => shape.Rank == 0 ? 1 : shape[0],
        UpdateMaskAxis.Channels => shape.Rank == 0 ? 1 : shape[^1],
        _ => shape.Count,
    };

    /// <summary>Finds out whether the mask fits a parameter, and gives the number of its entries.</summary>
    /// <exception cref="ShapeException">The mask has another number of entries than the axis.</exception>
    internal int Check(string path, Shape shape)
    {
        int expected = EntriesOf(Axis, shape);
        return trains.Length == expected ? expected : throw new ShapeException($"Update mask of '{path}': {Axis} of shape {shape} need {expected} entries, found {trains.Length}.");
    }

    /// <summary>One for each element that trains, zero for each that does not.</summary>
    /// <exception cref="ShapeException">The mask has another number of entries than the axis.</exception>
    internal float[] Expand(string path, Shape shape)
    {
        int expected = Check(path, shape);
        var values = new float[shape.Count];
        int repeats = shape.Count / Math.Max(1, expected);
        for (int i = 0; i < values.Length; i++)
        {
            int part = Axis switch
            {
                UpdateMaskAxis.Rows => i / repeats,
                UpdateMaskAxis.Channels => i % expected,
                _ => i,
            };
            values[i] = trains[part] ? 1 : 0;
        }
        return values;
    }
}
