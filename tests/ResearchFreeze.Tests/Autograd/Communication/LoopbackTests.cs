using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Ranks in one process: what each gets, in which order sums are taken, and what becomes of the others when one goes.</summary>
public sealed class LoopbackTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void SumsAreTakenInTheOrderOfTheRanksAndAreEverybodys(int size)
    {
        // Numbers whose sum depends on the order.
        float[][] values = [.. Enumerable.Range(0, size).Select(rank => Enumerable.Range(0, 37).Select(i => (float)Math.Pow(10, ((rank * 7) + i) % 9) / 3).ToArray())];
        var expected = new float[37];
        for (int i = 0; i < expected.Length; i++) expected[i] = values.Skip(1).Aggregate(values[0][i], (sum, own) => sum + own[i]);
        var group = new Loopback(size);
        group.Run(ranks =>
        {
            using var device = new CpuDevice(1);
            // More than there are places for at a time.
            for (int round = 0; round < 600; round++)
            {
                using Tensor tensor = Tensor.From(device, values[ranks.Rank], [37]);
                ranks.WaitFor(ranks.StartAllReduce(tensor.Range));
                Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), tensor.ToArray().Select(BitConverter.SingleToInt32Bits));
            }
        });
        Assert.Equal((600, 600L * 37 * sizeof(float)), (group.Reductions, group.ReducedBytes));
    }

    [Fact]
    public void SeveralReductionsGoOnAtATimeBesideOtherMessages()
    {
        Loopback.Run(3, ranks =>
        {
            using var device = new CpuDevice(1);
            using Tensor a = Tensor.From(device, [ranks.Rank + 1f], [1]), b = Tensor.From(device, [10f * ranks.Rank, 1], [2]), c = Tensor.From(device, [ranks.Rank == 1 ? 7f : 0], [1]);
            long first = ranks.StartAllReduce(a.Range), second = ranks.StartAllReduce(b.Range);
            var all = new byte[6];
            ranks.AllGather([(byte)ranks.Rank, (byte)(ranks.Rank * 2)], all);
            Assert.Equal([0, 0, 1, 2, 2, 4], all);
            ranks.WaitFor(first);
            ranks.WaitFor(second);
            Assert.Equal([6], a.ToArray());
            Assert.Equal([30, 3], b.ToArray());
            int version = c.Range.Storage.Version;
            ranks.Broadcast(c.Range, 1);
            Assert.Equal([7], c.ToArray());
            // What was derived from the old content (packed weights) is stale.
            if (ranks.Rank != 1) Assert.NotEqual(version, c.Range.Storage.Version);
            if (ranks.Rank == 0) ranks.Send(a.Range, 2);
            if (ranks.Rank == 2) ranks.Receive(c.Range, 0);
            Assert.Equal([ranks.Rank == 2 ? 6 : 7], c.ToArray());
            ranks.Barrier();
        });
    }

    [Fact]
    public void ARankThatFailsEndsTheOthersAndIsWhatIsTold()
    {
        var others = new List<string>();
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => Loopback.Run(3, ranks =>
        {
            if (ranks.Rank == 1) throw new InvalidOperationException("the disk\nis full.");
            try
            {
                ranks.Barrier();
            }
            catch (CommunicationException exception)
            {
                lock (others) others.Add(exception.Message);
                throw;
            }
        }));
        Assert.Equal("the disk\nis full.", failure.Message);
        Assert.Equal(2, others.Count);
        Assert.All(others, line => Assert.Equal("rank 1 of 3 has failed: the disk is full", line));
    }

    [Fact]
    public void ARankThatEndsWhileOthersWaitEndsThem()
    {
        foreach (Action<ICommunicator> wait in new Action<ICommunicator>[] { ranks => ranks.Barrier(), ranks => Received(ranks), ranks => Sent(ranks) })
        {
            CommunicationException failure = Assert.Throws<CommunicationException>(() => Loopback.Run(2, ranks =>
            {
                if (ranks.Rank == 0) wait(ranks);
            }));
            Assert.Equal("rank 1 of 2 has ended, and rank 0 waits for it", failure.Message);
        }

        static void Received(ICommunicator ranks)
        {
            using var device = new CpuDevice(1);
            using Tensor tensor = Tensor.From(device, [1f], [1]);
            ranks.Receive(tensor.Range, 1);
        }

        static void Sent(ICommunicator ranks)
        {
            using var device = new CpuDevice(1);
            using Tensor tensor = Tensor.From(device, [1f], [1]);
            ranks.Send(tensor.Range, 1);
        }
    }

    [Fact]
    public void RanksThatDoNotDoTheSameAreTold()
    {
        CommunicationException failure = Assert.Throws<CommunicationException>(() => Loopback.Run(2, ranks =>
        {
            using var device = new CpuDevice(1);
            using Tensor tensor = Tensor.Empty(device, [ranks.Rank + 3]);
            ranks.WaitFor(ranks.StartAllReduce(tensor.Range));
        }));
        Assert.Matches("^rank [01] of 2 does 'Sum' with [34] elements where rank [01] does 'Sum' with [34]$", failure.Message);
    }

    [Fact]
    public void MemoryThatIsNotTheCpusIsRefused()
    {
        using var reference = new ReferenceDevice();
        using var parameter = new Parameter("w", [2]);
        parameter.Materialize(reference);
        using ICommunicator alone = Loopback.Alone();
        Assert.Equal("Data-parallel training on reference: ranks in one process read each other's memory, which must be the CPU's.", Assert.Throws<ArgumentException>(() => new DataParallel(alone, [parameter])).Message);
    }
}
