namespace ResearchFreeze.Autograd;

/// <summary>The numbers of a recorded step that change from one to the next, side by side in device memory; the host writes all of them before a repetition, by one small upload.</summary>
internal sealed class StepValues(Device device, TensorRange range)
{
    /// <summary>Words for more than five thousand parameters and dropouts: 64 KiB a recorded step.</summary>
    public const int Capacity = 1 << 14;

    private readonly List<StepValue> all = [];
    private readonly int[] words = new int[Capacity];

    /// <summary>All of the memory.</summary>
    public TensorRange Range => range;

    /// <summary>How many values there are.</summary>
    public int Count => all.Count;

    /// <summary>The first word of the value of this number, from 1.</summary>
    public static int PlaceOf(int number) => (number - 1) * StepValue.Words;

    /// <summary>How many rates no launch reads.</summary>
    public int Unread => all.Count(value => value is RateValue { IsRead: false });

    /// <summary>A value that a launch will be told to read; gives its number, from 1.</summary>
    public int Announce(StepValue value)
    {
        all.Add(value);
        return all.Count;
    }

    /// <summary>A value that the next launch reads, and what it is now.</summary>
    public TensorRange? Add(StepValue value, ReadOnlySpan<int> now, StepRecording recording)
    {
        int number = Announce(value);
        return Write(number, now, recording) is { } place ? Range.Slice(place, StepValue.Words) : null;
    }

    /// <summary>Gives the place of a value that was announced, which is read by the next launch, and writes what it is now; null: there is no room.</summary>
    public int? Write(int number, ReadOnlySpan<int> now, StepRecording recording)
    {
        int place = PlaceOf(number);
        if (place + StepValue.Words > Capacity)
        {
            recording.Refuse($"it has more than {Capacity / StepValue.Words} numbers that change from step to step");
            return null;
        }
        device.SendUncounted(now, Range.Slice(place, StepValue.Words));
        return place;
    }

    /// <summary>The rate of this number.</summary>
    public RateValue Rate(int number) => (RateValue)all[number - 1];

    /// <summary>Writes all of them for the step that comes next.</summary>
    public void Send()
    {
        if (all.Count == 0) return;
        for (int i = 0; i < all.Count; i++) all[i].Write(words.AsSpan(i * StepValue.Words, StepValue.Words));
        device.SendUncounted(words.AsSpan(0, all.Count * StepValue.Words), Range.Slice(0, all.Count * StepValue.Words));
    }

    /// <summary>Whether another step's are found in the same way.</summary>
    public bool IsSame(StepValues other)
    {
        if (all.Count != other.all.Count) return false;
        for (int i = 0; i < all.Count; i++)
        {
            if (!all[i].IsSame(other.all[i])) return false;
        }
        return true;
    }
}
