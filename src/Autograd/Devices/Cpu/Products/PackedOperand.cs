namespace ResearchFreeze.Autograd;

/// <summary>
/// A storage's content as the second operand of products, packed, for as long as it rests: the weights of a frozen layer, or of all layers during an evaluation. What moves at every step is packed for each product anew. One
/// copy for each way to read the operand, since a forward pass and an input gradient take turns. The memory goes back at the first product after the content has moved, and with the storage's last handle.
/// </summary>
internal sealed unsafe class PackedOperand
{
    /// <summary>Products with the same content before panels are kept: more than a step has micro-batches.</summary>
    public const int Patience = 8;

    private readonly Copy straight = new();
    private readonly Copy transposed = new();
    private int version;

    /// <summary>Bytes of the panels that are kept.</summary>
    public long Bytes => straight.Panels.Capacity + transposed.Panels.Capacity;

    /// <summary>Gives the memory back if the content has moved.</summary>
    public void Look(int version)
    {
        if (this.version == version) return;
        Free();
        this.version = version;
    }

    /// <summary>Room for the panels of B, or null where they are not kept: its content has not rested for long, rounding it up to whole panels would more than double it, or there is no memory.</summary>
    /// <param name="b">B's first element.</param>
    /// <param name="version">Its storage's version.</param>
    /// <param name="shape">The product.</param>
    /// <param name="count">Elements of all panels.</param>
    /// <param name="isPacked">Whether they hold B already.</param>
    public float* Room(float* b, int version, in GemmShape shape, long count, out bool isPacked)
    {
        Look(version);
        isPacked = false;
        if (count > 2L * shape.N * shape.K) return null;
        Copy copy = shape.TransposeB ? transposed : straight;
        var use = new Use((nint)b, shape.N, shape.K, shape.LeadingB);
        if (use != copy.Use)
        {
            copy.Free();
            copy.Use = use;
        }
        if (++copy.Products <= Patience) return null;
        copy.Products = Patience + 1;
        isPacked = copy.IsPacked;
        try
        {
            // Once for as long as the content rests, so that the steps that follow pack nothing.
            return copy.Panels.Floats(count);
        }
        catch (OutOfMemoryException)
        {
            // The product needs no room but its own.
            copy.Free();
            isPacked = false;
            return null;
        }
    }

    /// <summary>The product that was given room is done: the panels hold B.</summary>
    public void Done(in GemmShape shape) => (shape.TransposeB ? transposed : straight).IsPacked = true;

    /// <summary>Gives the memory back.</summary>
    public void Free()
    {
        straight.Free();
        transposed.Free();
    }

    private readonly record struct Use(nint Address, int N, int K, int Leading);

    private sealed class Copy
    {
        public NativeBuffer Panels { get; } = new();

        public Use Use { get; set; }

        public int Products { get; set; }

        public bool IsPacked { get; set; }

        public void Free()
        {
            if (Panels.Capacity > 0) Panels.Free();
            (Use, Products, IsPacked) = (default, 0, false);
        }
    }
}
