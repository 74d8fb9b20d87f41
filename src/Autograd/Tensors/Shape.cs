using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The extents of a contiguous, row-major tensor of rank 0 (a scalar) to <see cref="MaxRank"/>. A value type without heap parts.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
[SuppressMessage("Naming", "CA1710", Justification = "A shape is not a collection class; the enumerator only serves collection expressions.")]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The highest rank a shape can have.</summary>
    public const int MaxRank = 6;

    /// <summary>The most elements of a tensor, 2³¹ − 2¹⁶: an array of the host holds as many, and a loop that goes on by a block beyond the last element still counts in 32 bits.</summary>
    public const int MaxCount = int.MaxValue - ushort.MaxValue;

    private readonly Extents extents;

    /// <summary>A shape with these extents, outermost first.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxRank"/> extents, a negative one, or more than <see cref="MaxCount"/> elements; extents of 0 aside, so that the product of any of them is an int.</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaxRank) throw new ArgumentException($"Shape: at most {MaxRank} axes, found {extents.Length}.");
        long count = 1;
        bool isEmpty = false;
        for (int i = 0; i < extents.Length; i++)
        {
            if (extents[i] < 0) throw new ArgumentException($"Shape: axis {i} must not be negative, found {extents[i]}.");
            // An axis without elements hides no overflow of the others: parts of a shape are multiplied too (CountOf).
            isEmpty |= extents[i] == 0;
            count *= Math.Max(extents[i], 1);
            if (count > MaxCount) throw new ArgumentException($"Shape: at most {MaxCount} elements, found more in ({string.Join(", ", extents.ToArray())}).");
            this.extents[i] = extents[i];
        }
        Rank = extents.Length;
        Count = isEmpty ? 0 : (int)count;
    }

    /// <summary>The number of axes.</summary>
    public int Rank { get; }

    /// <summary>The number of extents too: what the compiler asks where a shape is spread (<c>[.. shape, 1]</c>) or matched (<c>shape is [_, 10]</c>), and it would take <see cref="Count"/> for it.</summary>
    public int Length => Rank;

    /// <summary>The number of elements: the product of the extents, 1 for a scalar.</summary>
    public int Count { get; }

    /// <summary>The extent of an axis; <c>shape[^1]</c> is the innermost.</summary>
    public int this[Index axis]
    {
        get
        {
            int i = axis.GetOffset(Rank);
            if ((uint)i >= (uint)Rank) throw new ArgumentOutOfRangeException(nameof(axis), $"Shape {this} has no axis {axis}.");
            return extents[i];
        }
    }

    /// <summary>A scalar's shape.</summary>
    public static Shape Scalar => new([]);

    /// <summary>Serves collection expressions: <c>Shape s = [2, 3];</c>.</summary>
    public static Shape Create(ReadOnlySpan<int> extents) => new(extents);

    /// <summary>The shape with the axis taken to <paramref name="extent"/>.</summary>
    public Shape With(Index axis, int extent)
    {
        Span<int> copy = stackalloc int[MaxRank];
        CopyTo(copy);
        copy[axis.GetOffset(Rank)] = extent;
        return new Shape(copy[..Rank]);
    }

    /// <summary>Writes the extents, outermost first.</summary>
    public void CopyTo(Span<int> destination)
    {
        for (int i = 0; i < Rank; i++) destination[i] = extents[i];
    }

    /// <summary>The extents as an array, outermost first.</summary>
    public int[] ToArray()
    {
        var result = new int[Rank];
        CopyTo(result);
        return result;
    }

    /// <summary>The product of the extents of axes <paramref name="first"/> (inclusive) to <paramref name="end"/> (exclusive).</summary>
    public int CountOf(int first, int end)
    {
        int count = 1;
        for (int i = first; i < end; i++) count *= extents[i];
        return count;
    }

    /// <summary>The shape of two operands of an element-wise operation under NumPy's broadcasting rules.</summary>
    /// <exception cref="ShapeException">The shapes do not fit together.</exception>
    public static Shape Broadcast(Shape a, Shape b, string operation)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> result = stackalloc int[MaxRank];
        for (int i = 0; i < rank; i++)
        {
            int ea = i < rank - a.Rank ? 1 : a.extents[i - (rank - a.Rank)];
            int eb = i < rank - b.Rank ? 1 : b.extents[i - (rank - b.Rank)];
            if (ea != eb && ea != 1 && eb != 1) throw new ShapeException($"{operation}: shapes {a} and {b} do not broadcast (axis {i}: {ea} and {eb}).");
            result[i] = ea == 1 ? eb : ea;
        }
        return new Shape(result[..rank]);
    }

    /// <summary>Serves collection expressions; enumerates the extents.</summary>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape other)
    {
        if (Rank != other.Rank) return false;
        for (int i = 0; i < Rank; i++)
        {
            if (extents[i] != other.extents[i]) return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, extents[0], extents[1], extents[2], extents[3], extents[4], extents[5]);

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>For example <c>(128, 784)</c>.</summary>
    public override string ToString() => $"({string.Join(", ", ToArray())})";

    /// <summary>Where an element is, for messages: <c>7</c> of a vector, <c>(2, 1)</c> of a matrix.</summary>
    internal string PositionOf(int element)
    {
        if (Rank == 1) return element.ToString(CultureInfo.InvariantCulture);
        var position = new int[Rank];
        for (int axis = Rank - 1; axis >= 0; axis--) (element, position[axis]) = Math.DivRem(element, extents[axis]);
        return $"({string.Join(", ", position)})";
    }

    [InlineArray(MaxRank)]
    private struct Extents
    {
        private int first;
    }
}
