namespace ResearchFreeze.Autograd;

/// <summary>One input of a case: reals that are differentiated or constant, or integers.</summary>
/// <param name="Shape">The extents.</param>
/// <param name="Reals">The values of a real input.</param>
/// <param name="Integers">The values of an integer input.</param>
/// <param name="IsConstant">Whether a real input takes no part in differentiation.</param>
public sealed record OperationInput(Shape Shape, double[]? Reals, int[]? Integers, bool IsConstant);

/// <summary>The inputs of one drawn case and the operation with its attributes bound.</summary>
public sealed class OperationCase(RandomStream random)
{
    private readonly List<OperationInput> inputs = [];

    /// <summary>Where shapes, values and attributes are drawn from.</summary>
    public RandomStream Random { get; } = random;

    /// <summary>The inputs so far.</summary>
    public IReadOnlyList<OperationInput> Inputs => inputs;

    /// <summary>The operation, from inputs in their order.</summary>
    public Func<IReadOnlyList<TensorBase>, Tensor>? Apply { get; set; }

    /// <summary>Whether it is made of other operations: what it keeps and calls is theirs, and is not declared.</summary>
    public bool IsComposed { get; set; }

    /// <summary>Elements that must be kept for a set of wanted gradients, each storage once. Integers count half of a float64 and are given in <see cref="SavedIntegers"/>.</summary>
    public Func<InputSet, long>? SavedElements { get; set; }

    /// <summary>Integers that must be kept for a set of wanted gradients.</summary>
    public Func<InputSet, long>? SavedIntegers { get; set; }

    /// <summary>Primitive calls of the backward pass for a set of wanted gradients.</summary>
    public Func<InputSet, int>? BackwardCalls { get; set; }

    /// <summary>An extent from 1 to <paramref name="most"/>, odd sizes and 1 among them.</summary>
    public int Extent(int most) => 1 + Random.NextInt32(most);

    /// <summary>A shape of this rank with extents from 1 to <paramref name="most"/>.</summary>
    public Shape Shape(int rank, int most)
    {
        Span<int> extents = stackalloc int[Autograd.Shape.MaxRank];
        for (int i = 0; i < rank; i++) extents[i] = Extent(most);
        return new Shape(extents[..rank]);
    }

    /// <summary>Adds a differentiated input with values of magnitude 0.1 to 1.1 and (unless positive) either sign: away from the kinks at 0.</summary>
    public Shape Add(Shape shape, bool positive = false)
    {
        inputs.Add(new OperationInput(shape, Values(shape, positive), null, false));
        return shape;
    }

    /// <summary>Adds a differentiated input whose elements are all at least 0.004 apart, in random order: no difference quotient crosses from one maximum to another.</summary>
    public Shape AddDistinct(Shape shape)
    {
        var values = new double[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            int j = Random.NextInt32(i + 1);
            values[i] = values[j];
            values[j] = (float)(((i + 1) / 256.0) - 1);
        }
        inputs.Add(new OperationInput(shape, values, null, false));
        return shape;
    }

    /// <summary>Adds an input that is not differentiated.</summary>
    public void AddConstant(Shape shape, bool positive = false) => inputs.Add(new OperationInput(shape, Values(shape, positive), null, true));

    /// <summary>Adds an integer input.</summary>
    public void AddIntegers(Shape shape, params int[] values) => inputs.Add(new OperationInput(shape, null, values, true));

    private double[] Values(Shape shape, bool positive)
    {
        var values = new double[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            double magnitude = 0.1 + Random.NextDouble();
            // Exactly representable in float32, so that every device starts from the same numbers.
            values[i] = (float)(positive || Random.NextInt32(2) == 0 ? magnitude : -magnitude);
        }
        return values;
    }
}
