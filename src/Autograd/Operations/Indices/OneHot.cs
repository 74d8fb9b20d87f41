namespace ResearchFreeze.Autograd;

public sealed partial class IntTensor
{
    /// <summary>One where a class is the id, else zero: ids of any shape become (ids…, classes).</summary>
    /// <param name="classes">How many there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of the classes; the message has it and its position. One that was written on the device has zeros alone.</exception>
    /// <exception cref="ShapeException">The result would have too many axes.</exception>
    public Tensor OneHot(int classes) => OneHot(classes, "one-hot", "id", null);

    /// <summary>The same for a loss: a label that counts nothing has zeros alone.</summary>
    internal Tensor OneHot(int classes, string operation, string what, int? ignored)
    {
        if (classes < 1) throw new ArgumentOutOfRangeException(nameof(classes), $"{operation}: needs at least 1 class, found {classes}.");
        if (Shape.Rank == Shape.MaxRank) throw new ShapeException($"{operation}: ids {Shape} leave no axis for the classes.");
        CheckBelow(classes, operation, what, ignored);
        Tensor result = Tensor.Empty(Device, Shape.Create([.. Shape.ToArray(), classes]));
        if (Shape.Count == 0) return result;
        using IntTensor places = Empty(Device, [Shape.Count]);
        using Tensor ones = Tensor.Full(Device, [Shape.Count], 1);
        Device.FlatIndices(classes, 1, 1, Range, places.Range);
        Device.ScatterRows(1, places.Range, ones.Range, result.Range);
        return result;
    }
}
