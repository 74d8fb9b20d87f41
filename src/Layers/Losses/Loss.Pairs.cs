using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

// Of pairs and triplets of vectors, along the innermost axis.
public static partial class Loss
{
    private const double Tiny = 1e-8, Apart = 1e-6;

    /// <summary>The cosine of the angle between vectors, the innermost axis, with broadcasting in the others: a·b / max(|a|·|b|, 1e-8).</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor CosineSimilarity(Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        Tensor squares = a.Square().Sum([-1]) * b.Square().Sum([-1]);
        // Beneath the root: at 0 its slope would be infinite.
        return (a * b).Sum([-1]) / Tensor.Maximum(squares, Tensor.Full(a.Device, Shape.Scalar, Tiny * Tiny)).Sqrt();
    }

    /// <summary>1 − cos where a pair belongs together (target 1), max(0, cos − margin) where it does not (target −1).</summary>
    /// <param name="a">Vectors (rows, width).</param>
    /// <param name="b">Vectors of the same shape.</param>
    /// <param name="target">1 or −1 a row.</param>
    /// <param name="margin">Cosines below it are far enough apart.</param>
    /// <param name="reduction">None: a term a row.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or there are no rows.</exception>
    public static Tensor CosineEmbedding(Tensor a, Tensor b, Tensor target, double margin = 0, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(target);
        RequireSame("cosine embedding", a, b);
        Tensor cosine = CosineSimilarity(a, b);
        RequireSame("cosine embedding", cosine, target);
        return Reduced("cosine embedding", (1 - cosine).Where(target > 0, (cosine - margin).Relu()), reduction);
    }

    /// <summary>|a − b + 1e-6| of vectors, the innermost axis: the small number keeps the slope finite where they are equal, as in PyTorch.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor Distance(Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return (a - b + Apart).Square().Sum([-1]).Sqrt();
    }

    /// <summary>max(0, d(anchor, positive) − d(anchor, negative) + margin), d the Euclidean distance (Schroff, Kalenichenko and Philbin 2015).</summary>
    /// <exception cref="ShapeException">The shapes differ, or there are no rows.</exception>
    public static Tensor Triplet(Tensor anchor, Tensor positive, Tensor negative, double margin = 1, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(anchor);
        ArgumentNullException.ThrowIfNull(positive);
        ArgumentNullException.ThrowIfNull(negative);
        RequireSame("triplet", anchor, positive);
        RequireSame("triplet", anchor, negative);
        return Reduced("triplet", (Distance(anchor, positive) - Distance(anchor, negative) + margin).Relu(), reduction);
    }

    /// <summary>½·d² where a pair belongs together (target 1), ½·max(0, margin − d)² where it does not (target 0), d the Euclidean distance (Hadsell, Chopra and LeCun 2006).</summary>
    /// <exception cref="ShapeException">The shapes do not fit, or there are no rows.</exception>
    public static Tensor Contrastive(Tensor a, Tensor b, Tensor target, double margin = 1, Reduction reduction = Reduction.Mean)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(target);
        RequireSame("contrastive", a, b);
        Tensor distance = Distance(a, b);
        RequireSame("contrastive", distance, target);
        return Reduced("contrastive", distance.Where(target > 0, (margin - distance).Relu()).Square() * 0.5, reduction);
    }

    /// <summary>
    /// InfoNCE: the cross entropy of each query's cosines to all keys over a temperature, its own key, that of the same row, being the right one (van den Oord, Li and Vinyals 2018). Mean of both directions: queries find keys
    /// and keys find queries, as CLIP has it.
    /// </summary>
    /// <param name="queries">Vectors (rows, width).</param>
    /// <param name="keys">Vectors of the same shape.</param>
    /// <param name="temperature">Small: only the nearest keys count.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not positive.</exception>
    public static Tensor InfoNce(Tensor queries, Tensor keys, double temperature = 0.07)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        if (queries.Shape.Rank != 2) throw new ShapeException($"info-nce: needs vectors (rows, width), found {queries.Shape}.");
        RequireSame("info-nce", queries, keys);
        if (temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentOutOfRangeException(nameof(temperature), $"info-nce: the temperature must be positive, found {temperature}.");
        Tensor x = Unit(queries), y = Unit(keys);
        // Row i's right answer is i.
        using var places = IntTensor.From(queries.Device, [.. Enumerable.Range(0, queries.Shape[0])]);
        return (CrossEntropy(x.MatMul(y, transposeOther: true) / temperature, places) + CrossEntropy(y.MatMul(x, transposeOther: true) / temperature, places)) * 0.5;

        static Tensor Unit(Tensor vectors) => vectors / Tensor.Maximum(vectors.Square().Sum([-1], keepAxes: true), Tensor.Full(vectors.Device, Shape.Scalar, Tiny * Tiny)).Sqrt();
    }
}
