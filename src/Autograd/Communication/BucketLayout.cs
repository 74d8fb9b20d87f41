namespace ResearchFreeze.Autograd;

/// <summary>Which gradient lies where: the parameters that train, in the order in which their gradients become final, cut into buckets.</summary>
internal sealed class BucketLayout
{
    private readonly Dictionary<Parameter, int> placeOf = new(ReferenceEqualityComparer.Instance);
    private readonly int[] bucketOf;
    private readonly int[] offsets;

    /// <summary>The layout of some parameters, without memory.</summary>
    /// <param name="parameters">Those that train, in order.</param>
    /// <param name="elements">A bucket is closed when it has as many; a parameter is never cut.</param>
    public BucketLayout(IReadOnlyList<Parameter> parameters, int elements)
    {
        Parameters = [.. parameters];
        (bucketOf, offsets) = (new int[Parameters.Length], new int[Parameters.Length]);
        var buckets = new List<GradientBucket>();
        int first = 0, length = 0;
        for (int place = 0; place < Parameters.Length; place++)
        {
            placeOf.Add(Parameters[place], place);
            (bucketOf[place], offsets[place]) = (buckets.Count, length);
            length = checked(length + Parameters[place].Shape.Count);
            if (length < elements && place < Parameters.Length - 1) continue;
            buckets.Add(new GradientBucket(first, place + 1 - first, length));
            (first, length) = (place + 1, 0);
        }
        Buckets = [.. buckets];
    }

    /// <summary>The parameters that train, in their places.</summary>
    public Parameter[] Parameters { get; }

    /// <summary>The buckets, in the order in which they are reduced.</summary>
    public GradientBucket[] Buckets { get; }

    /// <summary>A parameter's place; -1: it has none.</summary>
    public int PlaceOf(Parameter parameter) => placeOf.TryGetValue(parameter, out int place) ? place : -1;

    /// <summary>The bucket of a place.</summary>
    public GradientBucket BucketOf(int place) => Buckets[bucketOf[place]];

    /// <summary>Where a place's gradient lies.</summary>
    public TensorRange RangeOf(int place) => BucketOf(place).Range.Slice(offsets[place], Parameters[place].Shape.Count);

    /// <summary>Where it lies in another sum of the same bucket.</summary>
    public TensorRange RangeOf(int place, TensorRange[] sums) => sums[bucketOf[place]].Slice(offsets[place], Parameters[place].Shape.Count);
}
