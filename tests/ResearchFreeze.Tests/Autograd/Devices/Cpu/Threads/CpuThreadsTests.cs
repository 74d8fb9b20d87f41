using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Who runs which part.</summary>
[Collection(nameof(Alone))]
public sealed class CpuThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void EveryPartRunsOnceWhateverTheirNumber(int count)
    {
        using var threads = new CpuThreads(count);
        for (int parts = 0; parts <= 40; parts++)
        {
            var work = new Counting { Runs = new int[parts] };
            for (int repetition = 0; repetition < 20; repetition++) threads.Run(ref work, parts);
            Assert.All(work.Runs, runs => Assert.Equal(20, runs));
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 7)]
    [InlineData(3, 16)]
    [InlineData(4, 4)]
    public void AThreadBeginsWithItsOwnShare(int count, int parts)
    {
        using var threads = new CpuThreads(count);
        for (int repetition = 0; repetition < 10; repetition++)
        {
            using var all = new Barrier(count);
            var work = new Meeting { All = all, First = [.. Enumerable.Repeat(-1, count)] };
            threads.Run(ref work, parts);
            Assert.Equal(Enumerable.Range(0, count).Select(worker => CpuParallel.Start(worker, parts, count)), work.First);
        }
    }

    [Fact]
    public void WhoIsDoneTakesFromTheOthersShares()
    {
        using var threads = new CpuThreads(2);
        using var rest = new CountdownEvent(7);
        // The caller's first part waits for all the others, of which three are the caller's own.
        var work = new Waiting { Rest = rest };
        threads.Run(ref work, 8);
        Assert.True(rest.IsSet);
        Assert.False(work.WaitedInVain);
    }

    [Fact]
    public void AFailureIsThrownOnceAndTheNextWorkRuns()
    {
        using var threads = new CpuThreads(3);
        var failing = new Failing { At = 4 };
        Assert.Equal("part 4", Assert.Throws<InvalidOperationException>(() => threads.Run(ref failing, 9)).Message);
        var work = new Counting { Runs = new int[9] };
        threads.Run(ref work, 9);
        Assert.All(work.Runs, runs => Assert.Equal(1, runs));
    }

    private struct Counting : IParallelWork
    {
        public int[] Runs;

        public readonly void Run(int part, int worker) => Interlocked.Increment(ref Runs[part]);
    }

    private struct Meeting : IParallelWork
    {
        public Barrier All;
        public int[] First;

        public readonly void Run(int part, int worker)
        {
            if (First[worker] >= 0) return;
            First[worker] = part;
            // Nobody goes on to the others' shares before all have begun.
            if (!All.SignalAndWait(Patience)) throw new TimeoutException($"worker {worker} waited in vain for the others");
        }
    }

    private struct Waiting : IParallelWork
    {
        public CountdownEvent Rest;
        public bool WaitedInVain;

        public void Run(int part, int worker)
        {
            if (part > 0) Rest.Signal();
            else if (!Rest.Wait(Patience)) WaitedInVain = true;
        }
    }

    private struct Failing : IParallelWork
    {
        public int At;

        public readonly void Run(int part, int worker)
        {
            if (part == At) throw new InvalidOperationException($"part {part}");
        }
    }
}
