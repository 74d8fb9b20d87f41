using System.Buffers.Binary;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What a forward cache is made of: its memory, its costs, its choice of a boundary, and how it is written on the command line.</summary>
public sealed class CachePartsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PiecesNeverOverlapAndStayWithinTheLimit(bool isFile)
    {
        const long Limit = 3L << 26;
        using CacheStorage storage = isFile ? new FileStorage(Path.Combine(folder.Root, "pieces"), Limit) : new MemoryStorage(Limit);
        var random = new RandomStream(5, "pieces");
        var held = new List<(CachePlace Place, long Mark)>();
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            if (held.Count > 0 && random.NextInt32(3) == 0)
            {
                int at = random.NextInt32(held.Count);
                storage.Return(held[at].Place);
                held.RemoveAt(at);
            }
            else if (storage.Take(8 + (random.NextInt32(6) * random.NextInt32(90_000))) is { } place)
            {
                storage[place].Clear();
                Mark(place, i);
                held.Add((place, i));
            }
            else refused++;
            Assert.Equal(held.Sum(piece => (long)piece.Place.Bytes), storage.Used);
        }
        foreach ((CachePlace place, long mark) in held) Assert.Equal((mark, mark), (BinaryPrimitives.ReadInt64LittleEndian(storage[place]), BinaryPrimitives.ReadInt64LittleEndian(storage[place][^8..])));
        Assert.InRange(storage.Used, 1, Limit);
        Assert.True(refused > 0);
        Assert.Null(storage.Take(int.MaxValue));
        // When all is given back there is as much room as at first.
        held.ForEach(piece => storage.Return(piece.Place));
        for (int i = 0; i < 3; i++) Assert.NotNull(storage.Take(1 << 26));
        Assert.Null(storage.Take(8));

        void Mark(CachePlace place, long mark)
        {
            BinaryPrimitives.WriteInt64LittleEndian(storage[place][^8..], mark);
            BinaryPrimitives.WriteInt64LittleEndian(storage[place], mark);
        }
    }

    [Fact]
    public void AFileIsNoLargerThanItsLimitHasNoHolesAndIsFoundAgain()
    {
        string path = Path.Combine(folder.Root, "small");
        CachePlace place;
        using (var storage = new FileStorage(path, 1000))
        {
            place = storage.Take(500)!.Value;
            storage[place].Fill(7);
            Assert.NotNull(storage.Take(400));
            Assert.Null(storage.Take(400));
            Assert.Equal(1000, new FileInfo(path).Length);
        }
        // More room, and a second chunk behind one that was smaller.
        using (var storage = new FileStorage(path, (1L << 26) + 5000))
        {
            Assert.True(storage.TakeOver(place));
            Assert.Equal(7, storage[place][499]);
            CachePlace second = storage.Take(4000)!.Value;
            storage[second].Fill(9);
            Assert.Equal((1L << 26) + 5000, new FileInfo(path).Length);
        }
    }

    [Fact]
    public void WhereThereIsNoRoomForAnotherChunkWhatThereIsMustDo()
    {
        using var storage = new Full();
        CachePlace place = storage.Take(1 << 26)!.Value;
        Assert.Null(storage.Take(8));
        Assert.Equal(1L << 26, storage.Limit);
        storage.Return(place);
        Assert.NotNull(storage.Take(8));
        Assert.Equal(2, storage.Asked);
    }

    /// <summary>A disk on which one chunk fits.</summary>
    private sealed class Full() : CacheStorage(1L << 30)
    {
        public int Asked { get; private set; }

        public override void Dispose()
        {
        }

        protected override bool TryAdd(int bytes) => ++Asked == 1;

        protected override Span<byte> At(int chunk, int offset, int bytes) => new byte[bytes];
    }

    [Fact]
    public void OperationsOfALengthThatWasNotSeenFollowATransformers()
    {
        var costs = new StageCosts(2);
        foreach (int length in (int[])[5, 12])
        {
            // 4 samples: 1000·L + 6·L² in the first stage, a fixed number in the second.
            costs.Ran(0, 4, length, 4 * ((1000L * length) + (6L * length * length)), 0.5, 4 * length * 32);
            costs.Ran(1, 4, length, 4 * 70L * length, double.NaN, 4 * 8);
        }
        foreach (int length in (int[])[1, 5, 9, 12, 200]) Assert.Equal((1000L * length) + (6L * length * length) + (70L * length), costs.Flops(2, length));
        Assert.Equal(0, costs.Flops(0, 9));
        Assert.Equal(32 * 17 / 2.0, costs.Bytes(1));
        // The first time is for warming up.
        Assert.Equal(0.5 / 4, costs.Seconds(0, 1));
        Assert.True(double.IsNaN(costs.Seconds(0, 2)));
    }

    /// <summary>Seconds of three stages, bytes at their ends, seconds to read a byte, samples, limit → boundary.</summary>
    public static TheoryData<double[], long[], double, long, long, int> Choices => new()
    {
        { [10, 10, 10], [1000, 1000, 1000], 1e-4, 0, 0, 3 },        // reading takes 0.1 everywhere
        { [10, 10, 0.001], [1000, 1000, 1_000_000], 1e-4, 0, 0, 2 },      // the last stage is cheap, and large
        { [1, 1, 1], [100_000, 100_000, 100_000], 1e-4, 0, 0, 0 },      // reading takes 10
        { [1, 1, 1], [29_500, 29_500, 29_500], 1e-4, 0, 0, 0 },     // a gain of 2 %
        { [10, 10, 10], [1000, 1000, 1000], 1e-4, 100, 100_000, 3 },       // all fits
        { [10, 10, 10], [100, 100, 1000], 1e-4, 100, 10_000, 2 },      // a tenth fits at the end, all before
        { [10, 10, 300], [100, 100, 1000], 1e-4, 100, 10_000, 3 },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void TheBoundaryIsWhereASampleCostsLeast(double[] seconds, long[] bytes, double readSeconds, long samples, long limit, int expected)
    {
        var costs = new StageCosts(4);
        var choice = new BoundaryChoice(costs, new CacheOptions { Samples = samples }, limit);
        for (int time = 0; time < BoundaryChoice.Trials; time++)
        {
            Assert.False(choice.CanChoose(3));
            for (int stage = 0; stage < 3; stage++) costs.Ran(stage, 1, 1, 1, seconds[stage], bytes[stage]);
        }
        Assert.False(choice.CanChoose(3));
        choice.Read(1000, 1000 * readSeconds);
        Assert.True(choice.CanChoose(3));
        string? line = choice.Choose(3, boundary => $"stage {boundary}");
        Assert.Equal(expected, choice.Boundary);
        Assert.True(choice.IsMade(3));
        Assert.StartsWith(expected == 0 ? "cache: nothing is kept: the frozen part up to 'stage 3' takes " : $"cache: what 'stage {expected}' gives is kept: ", line, StringComparison.Ordinal);
        // The same choice again is not said again.
        choice.Reconsider();
        Assert.Null(choice.Choose(3, boundary => $"stage {boundary}"));
        // Reading proves to take far longer.
        Assert.False(choice.IsWrong(3));
        if (expected == 0) return;
        choice.Read(1_000_000, 1e11 * readSeconds);
        Assert.True(choice.IsWrong(3));
        choice.Reconsider();
        Assert.Contains("switched off", choice.Choose(3, boundary => $"stage {boundary}"), StringComparison.Ordinal);
        Assert.Equal(0, choice.Boundary);
    }

    /// <summary>It said of a limit that is too small that reading is not faster.</summary>
    [Fact]
    public void ALimitThatIsTooSmallIsSaidToBe()
    {
        var costs = new StageCosts(2);
        for (int time = 0; time < BoundaryChoice.Trials; time++) costs.Ran(0, 1, 1, 1, 1, 1000);
        Assert.EndsWith("and no more than 2.0 % of the samples fit the limit", Said(1e-6, limit: 20_000), StringComparison.Ordinal);
        Assert.EndsWith("and reading it is not faster", Said(1, limit: 20_000), StringComparison.Ordinal);
        Assert.StartsWith("cache: what 'stage 1' gives is kept", Said(1e-6, limit: 1_000_000), StringComparison.Ordinal);

        string Said(double readSeconds, long limit)
        {
            var choice = new BoundaryChoice(costs, new CacheOptions { Samples = 1000 }, limit);
            choice.Read(1000, 1000 * readSeconds);
            return choice.Choose(1, boundary => $"stage {boundary}")!;
        }
    }

    [Fact]
    public void TheCommandLinesFormIsRead()
    {
        Assert.Null(CacheSpec.Parse("off"));
        Assert.Equal(new CacheOptions(), CacheSpec.Parse("auto"));
        Assert.Equal(new CacheOptions { Limit = 2_500_000_000 }, CacheSpec.Parse("memory=2.5GB"));
        Assert.Equal(new CacheOptions { Limit = 300, IsHalf = true, IsForced = true }, CacheSpec.Parse("memory=300b, half, always"));
        Assert.Equal(new CacheOptions { Folder = "a=b", Limit = 7_000_000 }, CacheSpec.Parse("file=a=b,limit=7MB"));
        foreach (string wrong in (string[])["", "on", "memory", "memory=", "memory=2", "memory=-1GB", "memory=0GB", "memory=1e99TB", "file=", "auto,limit=2GB", "memory=1GB,limit=2GB", "auto,quarter", "off,half", "memory=NaNGB"])
            Assert.Contains($"'{wrong}'", Assert.Throws<ArgumentException>(() => CacheSpec.Parse(wrong)).Message, StringComparison.Ordinal);
    }
}
