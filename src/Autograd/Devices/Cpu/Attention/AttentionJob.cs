using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>One call of attention on the CPU: its operands, and how its rows are blocked. A plain value, shared by the threads that work on it.</summary>
internal unsafe struct AttentionJob
{
    /// <summary>Queries at a time: a multiple of every micro-kernel's rows. It is what the keys' and values' gradients are added up in.</summary>
    public const int QueryBlock = 96;

    /// <summary>Keys at a time: scores of a block of each, and their gradients, stay in the second-level cache.</summary>
    public const int KeyBlock = 256;

    public AttentionShape Shape;
    public float* Query;
    public float* Key;
    public float* Value;
    public int* Lengths;
    public float* Mask;
    public float* Y;
    public float* State;
    public float* OutputGradient;
    public float* QueryGradient;
    public float* KeyGradient;
    public float* ValueGradient;
    public float QueryBeta;
    public float KeyBeta;
    public float ValueBeta;

    /// <summary>The sequence and head of an item.</summary>
    public readonly (int Sequence, int Head) Item(int item) => Math.DivRem(item, Shape.Heads);

    /// <summary>How many keys of a sequence count.</summary>
    public readonly int KeysOf(int sequence) => Lengths == null ? Shape.Keys : Shape.Within(Lengths[sequence]);

    /// <summary>A head's first query of a block.</summary>
    public readonly nint QueryAt(int sequence, int head, int query) => ((nint)((sequence * Shape.Queries) + query) * Shape.QueryStride) + (head * Shape.Size);

    /// <summary>A head's first key of a block.</summary>
    public readonly nint KeyAt(int sequence, int head, int key) => ((nint)((sequence * Shape.Keys) + key) * Shape.KeyStride) + (head * Shape.Size);

    /// <summary>A head's first value of a block.</summary>
    public readonly nint ValueAt(int sequence, int head, int key) => ((nint)((sequence * Shape.Keys) + key) * Shape.ValueStride) + (head * Shape.Size);

    /// <summary>A head's part of a row of the result.</summary>
    public readonly nint ResultAt(int sequence, int head, int query) => ((nint)((sequence * Shape.Queries) + query) * Shape.Width) + (head * Shape.Size);

    /// <summary>A query's place in the state.</summary>
    public readonly nint StateAt(int sequence, int head, int query) => ((nint)((sequence * Shape.Heads) + head) * Shape.Queries) + query;

    /// <summary>
    /// Asks for a row of what the next item reads, into the second-level cache: a head's rows lie a sequence's width apart, which no hardware foresees, and a thread's next item is mostly the next head.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Ask(int item, int row)
    {
        if (!Sse.IsSupported || item >= Shape.Batch * Shape.Heads) return;
        (int sequence, int head) = Item(item);
        if (row < Shape.Queries)
        {
            Ask(Query + QueryAt(sequence, head, row));
            if (OutputGradient != null) Ask(OutputGradient + ResultAt(sequence, head, row));
            if (Y != null) Ask(Y + ResultAt(sequence, head, row));
        }
        if (row >= Shape.Keys) return;
        Ask(Key + KeyAt(sequence, head, row));
        if (Value != null) Ask(Value + ValueAt(sequence, head, row));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Ask(float* row)
    {
        for (int i = 0; i < Shape.Size; i += 16) Sse.Prefetch1(row + i);
    }

    /// <summary>A query's row of the additive mask; null: there is none.</summary>
    public readonly float* MaskAt(int sequence, int head, int query) =>
        Mask == null ? null : Mask + ((nint)sequence * Shape.MaskBatchStride) + ((nint)head * Shape.MaskHeadStride) + ((nint)query * Shape.Keys);
}
