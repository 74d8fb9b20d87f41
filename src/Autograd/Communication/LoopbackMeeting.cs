using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>What a rank comes to a meeting for.</summary>
internal enum LoopbackKind
{
    Sum,
    Copy,
    Gather,
}

/// <summary>One rank's part of a meeting: memory of its device, and whose is copied; or how many bytes it says.</summary>
internal readonly record struct LoopbackCall(LoopbackKind Kind, TensorRange Range, int Root, int Length);

/// <summary>Where all ranks of a <see cref="Loopback"/> meet once: the last to come does the work, the last to leave clears the place for a later meeting. Used under the group's gate.</summary>
internal sealed class LoopbackMeeting(int size, long first)
{
    private readonly LoopbackCall[] calls = new LoopbackCall[size];
    private readonly bool[] hasCome = new bool[size];
    private byte[] bytes = [];
    private int come, left;

    /// <summary>Which of the group's meetings is held here now.</summary>
    public long Id { get; private set; } = first;

    public bool IsComplete => come == size;

    public bool HasCome(int rank) => hasCome[rank];

    /// <summary>What a rank does otherwise than those that came before; null: nothing.</summary>
    public string? Differs(int rank, in LoopbackCall call)
    {
        int other = Array.IndexOf(hasCome, true);
        if (other < 0) return null;
        LoopbackCall first = calls[other];
        return first.Kind == call.Kind && first.Length == call.Length && first.Root == call.Root ? null
            : $"rank {rank} of {size} does '{call.Kind}' with {call.Length} elements where rank {other} does '{first.Kind}' with {first.Length}";
    }

    public void Arrive(int rank, in LoopbackCall call, ReadOnlySpan<byte> said)
    {
        (calls[rank], hasCome[rank]) = (call, true);
        come++;
        if (bytes.Length < size * said.Length) Array.Resize(ref bytes, size * said.Length);
        said.CopyTo(bytes.AsSpan(rank * said.Length));
    }

    /// <summary>All are here.</summary>
    public void Hold()
    {
        LoopbackCall call = calls[0];
        if (call.Kind == LoopbackKind.Gather) return;
        if (call.Kind == LoopbackKind.Sum) Sum();
        for (int rank = 0; rank < size; rank++)
        {
            if (rank != call.Root) Copy(calls[call.Root].Range, calls[rank].Range);
        }
    }

    /// <summary>What all have said.</summary>
    public void Bytes(Span<byte> all) => bytes.AsSpan(0, all.Length).CopyTo(all);

    /// <summary>A rank leaves; true: it was the last, and the place is the one of a later meeting.</summary>
    public bool Leave(int places)
    {
        if (++left < size) return false;
        (come, left, Id) = (0, 0, Id + places);
        Array.Clear(hasCome);
        Array.Clear(calls);     // it must not keep released memory reachable
        return true;
    }

    /// <summary>Copies between two CPU devices' memory.</summary>
    public static unsafe void Copy(TensorRange from, TensorRange to)
    {
        new ReadOnlySpan<float>((void*)from.Storage.Device.HostAddress(from, isWritten: false), from.Length).CopyTo(new Span<float>((void*)to.Storage.Device.HostAddress(to, isWritten: true), to.Length));
    }

    /// <summary>The sum, in the order of the ranks, in the first one's memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Sum()
    {
        int length = calls[0].Range.Length;
        float* to = (float*)calls[0].Range.Storage.Device.HostAddress(calls[0].Range, isWritten: true);
        for (int rank = 1; rank < size; rank++)
        {
            float* from = (float*)calls[rank].Range.Storage.Device.HostAddress(calls[rank].Range, isWritten: false);
            CpuDevice.AddScaled(1, from, 1, to, length);
        }
    }
}
