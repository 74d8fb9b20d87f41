using System.Diagnostics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Repeats steps without the code that made them. A step that has been steady for a few times is recorded, commands, memory and all, once for each key, and from then on given to the device as it is: on CUDA by one launch of a
/// graph, on OpenCL command by command with arguments that were prepared once. Results, counters and ledger are those of a step that was not recorded, bit for bit. What cannot be repeated, such as a step in which the host reads
/// or writes values, is taken as ever, and said once. A step is recorded twice before it is trusted: what differs between two steps of one key would be wrong in the next.
/// </summary>
/// <remarks>
/// For one loop on one device. The caller's part: everything on the host that changes what a step does is in the key or in the inputs, and what the step changes on the host it announces, as <c>Optimizer</c> and <c>Dropout</c>
/// do. A learning rate, a step count, a clip factor and a dropout's pass may change from step to step.
/// </remarks>
public sealed partial class StepGraphs : IDisposable
{
    /// <summary>How many steps of a key go by before it is recorded, unless said otherwise: something may be made in the first, and a key that is rare is not worth it.</summary>
    public const int SteadyAfter = 3;

    /// <summary>How many keys' steps are kept, unless said otherwise.</summary>
    public const int Most = 8;

    private const int MostKeys = 256, MostTries = 3, MostRefusals = 4, MostExcuses = 16;

    private readonly Device device;
    private readonly StepMemory memory;
    private readonly Action<string> say;
    private readonly int limit, steadyAfter;
    private readonly List<StepEntry> entries = [];
    private readonly HashSet<string> said = [];
    private readonly List<string> reasons = [];
    private long[] asked = new long[64];
    private long clock;
    private int refusals;
    private StepEntry? busy;                          // the step that is being repeated or recorded
    private long[] last = [];                         // the key of the step before
    private bool firstsLeave;                         // whether a first step after one of another key was seen to make what stays
    private bool isDisposed;

    /// <summary>Recorded steps of a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="say">Told, in one line and once each, of what is not repeated and why.</param>
    /// <param name="limit">How many keys' steps are kept; the one that was used longest ago goes first.</param>
    /// <param name="steadyAfter">How many steps of a key are taken before it is recorded.</param>
    /// <exception cref="ArgumentException">The device's steps cannot be recorded: see <see cref="WhyNot"/>.</exception>
    public StepGraphs(Device device, Action<string>? say = null, int limit = Most, int steadyAfter = SteadyAfter)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(steadyAfter);
        if (WhyNot(device) is { } reason) throw new ArgumentException($"Graphs: {reason}.");
        this.device = device;
        this.say = say ?? device.Warn;
        (this.limit, this.steadyAfter) = (limit, steadyAfter);
        memory = new StepMemory(device.Spares);
        device.Graphs.Add(this);
    }

    /// <summary>Steps that were taken as ever.</summary>
    public long Plain { get; private set; }

    /// <summary>Steps that were taken as ever and recorded: two for each capture where all is well.</summary>
    public long Recordings { get; private set; }

    /// <summary>Recorded steps that can be repeated, so far.</summary>
    public long Captures { get; private set; }

    /// <summary>Steps that were repeated.</summary>
    public long Replays { get; private set; }

    /// <summary>Recorded steps that were given up, for others or because memory that they use is gone.</summary>
    public long Evictions { get; private set; }

    /// <summary>Why steps are taken by the code that were to be repeated, each reason once; none, where all that came often enough are repeated.</summary>
    public IReadOnlyList<string> Refusals => reasons;

    /// <summary>The host's seconds for what recording takes beside the steps themselves: comparing, and making what the driver repeats.</summary>
    public double CaptureSeconds { get; private set; }

    /// <summary>Recorded steps that can be repeated now.</summary>
    public int Held => entries.Count(entry => entry.Step is not null);

    /// <summary>Bytes of device memory that are kept for recorded steps and nothing else.</summary>
    public long HeldBytes => memory.Bytes + entries.Sum(entry => entry.Inputs?.Bytes ?? 0);

    /// <summary>Calls of the driver's in the last repeated step, its inputs and numbers apart; 0: none was.</summary>
    public int Commands { get; private set; }

    /// <summary>Commands of the last repeated step whose arguments were prepared when it was recorded.</summary>
    public int Prepared { get; private set; }

    /// <summary>Why steps of a device cannot be recorded; null: they can.</summary>
    public static string? WhyNot(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.WhyNotRecorded;
    }

    /// <summary>Takes a step: repeats it where one of its key has been recorded, else calls it.</summary>
    /// <param name="key">All that changes what the step gives to the device, but for the inputs' shapes, which are added: what is frozen and cut, modes, constants.</param>
    /// <param name="inputs">Tensors that differ from step to step. None of them wants a gradient.</param>
    /// <param name="step">The step, on these inputs or on copies of them; its result, of which it gives a handle away, is read before the next step.</param>
    /// <param name="repeating">Called before a step is repeated, where <paramref name="step"/> is not.</param>
    /// <returns>The result, the caller's to dispose.</returns>
    public Tensor Run(ReadOnlySpan<long> key, IReadOnlyList<TensorBase> inputs, Func<IReadOnlyList<TensorBase>, Tensor> step, Action? repeating = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(step);
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (refusals >= MostRefusals || device.Recorder is not null) return TakePlain(inputs, step);
        StepEntry entry = Find(Whole(key, inputs));
        entry.LastUse = ++clock;
        // Whatever is left behind by the first step with other units frozen is not by a batch of another length.
        bool isAnother = !key.SequenceEqual(last);
        if (isAnother) last = key.ToArray();
        if (entry.Step is { } recorded)
        {
            if (recorded.IsIntact)
            {
                busy = entry;
                Tensor result;
                try
                {
                    repeating?.Invoke();
                    result = recorded.Replay(inputs);
                }
                finally
                {
                    busy = null;
                }
                Replays++;
                (Commands, Prepared) = (recorded.Commands, recorded.Prepared);
                return result;
            }
            GiveUp(entry);
            entry.Seen = 0;
        }
        if (entry.IsRefused || entry.Seen < entry.Needed || (isAnother && firstsLeave))
        {
            entry.Seen++;
            return TakePlain(inputs, step);
        }
        return Record(entry, isAnother, inputs, step);
    }

    /// <summary>Gives all recorded steps up, and their memory back: they are recorded again when they come again. One that is being taken stays.</summary>
    public void Clear()
    {
        foreach (StepEntry entry in entries)
        {
            if (entry != busy) GiveUp(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed) return;
        foreach (StepEntry entry in entries) GiveUp(entry, isEnd: true);
        entries.Clear();
        device.Graphs.Remove(this);
        isDisposed = true;
    }

    private Tensor TakePlain(IReadOnlyList<TensorBase> inputs, Func<IReadOnlyList<TensorBase>, Tensor> step)
    {
        Plain++;
        return step(inputs);
    }

    /// <summary>The key with the inputs' kinds and shapes, in memory that is used again.</summary>
    private ReadOnlySpan<long> Whole(ReadOnlySpan<long> key, IReadOnlyList<TensorBase> inputs)
    {
        int count = key.Length;
        foreach (TensorBase input in inputs) count += 2 + input.Shape.Rank;
        if (asked.Length < count) asked = new long[2 * count];
        key.CopyTo(asked);
        int at = key.Length;
        foreach (TensorBase input in inputs)
        {
            (asked[at], asked[at + 1]) = ((long)input.Range.Storage.Kind, input.Shape.Rank);
            at += 2;
            for (int axis = 0; axis < input.Shape.Rank; axis++) asked[at++] = input.Shape[axis];
        }
        return asked.AsSpan(0, count);
    }

    private StepEntry Find(ReadOnlySpan<long> key)
    {
        foreach (StepEntry entry in entries)
        {
            if (entry.Key.AsSpan().SequenceEqual(key)) return entry;
        }
        // Another key: what was frozen, or dropped with a frozen unit's state, may be what earlier steps need.
        foreach (StepEntry entry in entries)
        {
            if (entry.Step is { IsIntact: false }) GiveUp(entry);
        }
        if (entries.Count == MostKeys)
        {
            StepEntry oldest = entries.MinBy(entry => entry.LastUse)!;
            GiveUp(oldest);
            entries.Remove(oldest);
        }
        var found = new StepEntry(key.ToArray(), steadyAfter);
        entries.Add(found);
        return found;
    }

    private Tensor Record(StepEntry entry, bool isAnother, IReadOnlyList<TensorBase> inputs, Func<IReadOnlyList<TensorBase>, Tensor> step)
    {
        if (inputs.Any(input => input is Tensor { RequiresGrad: true })) return Refused(entry, "an input of the step wants a gradient", TakePlain(inputs, step));
        if (inputs.FirstOrDefault(input => input.Device != device) is { } other) return Refused(entry, $"an input of the step is {device.OnOther(other.Device).TrimEnd('.')}", TakePlain(inputs, step));
        try
        {
            entry.Inputs ??= new StepInputs(device, inputs);
        }
        catch (OutOfMemoryException)
        {
            return Refused(entry, "there is no memory for a copy of the batch", TakePlain(inputs, step));
        }
        Recordings++;
        Tensor result;
        StepRecording? recording = null;
        TensorBase[] handles = [];
        busy = entry;
        try
        {
            entry.Inputs.Copy(inputs);
            handles = entry.Inputs.Handles();
            recording = new StepRecording(device, memory, entry.Inputs);
            device.Recorder = recording;
            result = step(handles);
        }
        catch
        {
            // As a step that is taken as ever fails; that it was recorded has nothing to do with it.
            device.Recorder = null;
            if (recording is not null) Abandon(recording, null);
            GiveUp(entry);
            throw;
        }
        finally
        {
            device.Recorder = null;
            busy = null;
            foreach (TensorBase handle in handles) handle.Dispose();
        }
        long began = Stopwatch.GetTimestamp();
        recording.End(result);
        Tensor given = Judge(entry, isAnother, recording, result);
        CaptureSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
        return given;
    }

    /// <summary>Whether the recording is kept: as the first of two, or, where it is the same as the one before, to be repeated.</summary>
    private Tensor Judge(StepEntry entry, bool isAnother, StepRecording recording, Tensor result)
    {
        string? stale = null;
        if (entry.Candidate is { } earlier && !earlier.IsIntact())
        {
            Drop(earlier);
            entry.Candidate = null;
            // A freeze between the two says nothing about what changes from step to step.
            if (isAnother && ++entry.Excuses < MostExcuses) entry.Tries = 0;
            else stale = "it uses memory that is none of its inputs and is made anew in each step";
        }
        if (recording.Failure is { } failure)
        {
            firstsLeave |= Abandon(recording, result) && isAnother;
            // Something may be made in a first step that stays, as statistics' memory behind a thaw: that is no reason not to record the next.
            if (isAnother && ++entry.Excuses < MostExcuses) return result;
            return ++entry.Tries < MostTries ? result : Refused(entry, failure, result);
        }
        // Null: it is the same. Empty: there is none before it.
        string? difference = entry.Candidate is { } before ? before.Difference(recording) : stale ?? "";
        if (difference is null)
        {
            Drop(entry.Candidate!);
            entry.Candidate = null;
            MakeRoom(entry);
            entry.Step = new RecordedStep(device, memory, recording, entry.Inputs!, device.Prepare(recording, Say), result.Range, result.Shape);
            Captures++;
            refusals = 0;
            return result;
        }
        if (entry.Candidate is { } other) Drop(other);
        entry.Candidate = recording;
        if (difference.Length == 0 || ++entry.Tries < MostTries) return result;
        Drop(recording);
        entry.Candidate = null;
        return Refused(entry, difference, result);
    }

    private Tensor Refused(StepEntry entry, string reason, Tensor result)
    {
        entry.IsRefused = true;
        GiveUp(entry);
        refusals++;
        if (!reasons.Contains(reason)) reasons.Add(reason);
        Say($"steps are not repeated as recorded: {reason}");
        return result;
    }

    private void Say(string line)
    {
        if (said.Add(line)) say($"{device.Name}: {line}");
    }

    private void MakeRoom(StepEntry newest)
    {
        while (Held >= limit)
        {
            StepEntry oldest = entries.Where(entry => entry.Step is not null && entry != newest).MinBy(entry => entry.LastUse)!;
            // Recording is not free: a key that was given up once has to be twice as steady.
            oldest.Needed = Math.Max(1, 2 * oldest.Needed);
            oldest.Seen = 0;
            GiveUp(oldest);
        }
    }

    /// <summary>Releases what an entry holds.</summary>
    private void GiveUp(StepEntry entry, bool isEnd = false)
    {
        if (entry.Step is { } step)
        {
            // A driver's graph must not go while it runs; kernels and memory are the driver's to keep for the commands that use them. Rare: once for a key that is given up.
            if (step.MustBeDone) device.Synchronize();
            if (!isEnd) Evictions++;
        }
        if (entry.Candidate is { } candidate) Drop(candidate);
        entry.Candidate = null;
        entry.Tries = 0;
        entry.Dispose();
    }

    /// <summary>Drops a recording of which nothing came. What stays of its memory is its owner's from now on: steps that use the same are given up. Gives whether there was any.</summary>
    private bool Abandon(StepRecording recording, Tensor? result)
    {
        Storage[] left = [.. recording.Rented.Where(storage => storage.ReferenceCount > 0 && storage != result?.Range.Storage)];
        foreach (StepEntry other in entries)
        {
            if (left.Any(storage => other.Step?.Uses(storage) == true || other.Candidate?.Rented.Contains(storage) == true)) GiveUp(other);
        }
        Drop(recording);
        return left.Length > 0;
    }

    private void Drop(StepRecording recording)
    {
        recording.Dispose();
        memory.Leave(recording.Rented);
    }
}
