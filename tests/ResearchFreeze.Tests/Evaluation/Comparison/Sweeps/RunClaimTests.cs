using System.Collections.Concurrent;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class RunClaimTests : IDisposable
{
    private const string Name = "adaptive-s0";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ARunIsOnesUntilItIsGivenBack()
    {
        var warnings = new List<string>();
        Assert.Null(RunClaim.Holder(folder.Root, Name));
        using (RunClaim first = Take(warnings, out _)!)
        {
            Assert.NotNull(first);
            Assert.Null(Take(warnings, out string holder));
            Assert.Matches($@"^process {Environment.ProcessId} on .+, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", holder);
            Assert.Equal(holder, RunClaim.Holder(folder.Root, Name));
            // A name that begins like it, or goes on with a number, is another run's.
            foreach (string other in (string[])["adaptive-s", "adaptive-s00", "adaptive-s0.1"])
            {
                Assert.Null(RunClaim.Holder(folder.Root, other));
                RunClaim.Take(folder.Root, other, warnings.Add, warnings.Add, out _)!.Dispose();
            }
        }
        Assert.Null(RunClaim.Holder(folder.Root, Name));
        using RunClaim? again = Take(warnings, out _);
        Assert.NotNull(again);
        Assert.Empty(warnings);
        Assert.True(File.Exists(PathOf(1)) && File.Exists(PathOf(2)) && !File.Exists(PathOf(3)));
    }

    [Fact]
    public void OfManyThatFindADeadOneOneTakesItOver()
    {
        var warnings = new ConcurrentQueue<string>();
        for (int round = 1; round <= 20; round++)
        {
            Write((2 * round) - 1, Dead());
            var taken = new ConcurrentBag<RunClaim>();
            Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
            {
                if (RunClaim.Take(folder.Root, Name, warnings.Enqueue, warnings.Enqueue, out string _) is { } claim) taken.Add(claim);
            });
            Assert.Single(taken).Dispose();
        }
        Assert.Equal(20, warnings.Count);
        Assert.All(warnings, line => Assert.Matches($"^{Name} is taken over from process \\d+ on here, since 2026-11-30 01:02:03 UTC, which has ended$", line));
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(11, false)]
    public void OfAnotherMachineTheFilesAgeCounts(int minutes, bool isHeld)
    {
        Write(1, Dead() with { Place = "there", Host = "there" });
        File.SetLastWriteTimeUtc(PathOf(1), DateTime.UtcNow.AddMinutes(-minutes));
        var warnings = new List<string>();
        using RunClaim? claim = Take(warnings, out string holder);
        Assert.Equal((isHeld, isHeld), (claim is null, holder.Length > 0));
        Assert.Equal(isHeld ? [] : [$"{Name} is taken over from process {Dead().Process} on there, since 2026-11-30 01:02:03 UTC, which has not been heard of for 11 minutes"], warnings);
    }

    [Fact]
    public void ANumberThatAnotherProcessHasNowIsNotTheOldOnes()
    {
        // This process is there, but began at another time than the lock's.
        Write(1, Dead() with { Process = Environment.ProcessId });
        var warnings = new List<string>();
        using RunClaim? claim = Take(warnings, out _);
        Assert.NotNull(claim);
        Assert.EndsWith("which has ended", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void AHalfMadeOneIsHeldForAMomentAndADamagedOneIsNamed()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(1))!);
        File.WriteAllText(PathOf(1), "");
        var warnings = new List<string>();
        Assert.Null(Take(warnings, out string holder));
        Assert.Contains("just taking it", holder, StringComparison.Ordinal);
        File.SetLastWriteTimeUtc(PathOf(1), DateTime.UtcNow.AddMinutes(-2));
        Take(warnings, out _)!.Dispose();
        Assert.Equal([$"{Name} is taken over from a process that was killed while it took it"], warnings);
        File.WriteAllText(PathOf(2), "{");
        Assert.Contains(PathOf(2), Assert.Throws<FormatException>(() => Take(warnings, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhoIsAtWorkSaysSoAndLearnsThatItHasLostTheRun()
    {
        var lost = new List<string>();
        using RunClaim claim = RunClaim.Take(folder.Root, Name, lost.Add, lost.Add, out _)!;
        byte[] before = File.ReadAllBytes(PathOf(1));
        File.SetLastWriteTimeUtc(PathOf(1), DateTime.UtcNow.AddMinutes(-5));
        claim.Touch();
        Assert.InRange(DateTime.UtcNow - File.GetLastWriteTimeUtc(PathOf(1)), TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(2));
        Assert.Equal(before, File.ReadAllBytes(PathOf(1)));
        Assert.Empty(lost);
        Write(2, Dead() with { Place = "there" });
        claim.Touch();
        claim.Touch();
        Assert.Equal([$"{Name}: another process has taken it over, as this one had not said for 10 minutes that it is at work"], lost);
        // What is another's is not given back.
        claim.Dispose();
        Assert.Equal(before, File.ReadAllBytes(PathOf(1)));
    }

    private RunClaim? Take(List<string> warnings, out string holder) => RunClaim.Take(folder.Root, Name, warnings.Add, warnings.Add, out holder);

    private string PathOf(int number) => Path.Combine(folder.Root, "locks", $"{Name}.{number}.json");

    private void Write(int number, ClaimRecord record)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(number))!);
        JsonRecord.Write(PathOf(number), record, ClaimJson.Default.ClaimRecord);
    }

    /// <summary>Of a process of this machine that is not there: numbers end at 2^22.</summary>
    private static ClaimRecord Dead() => new() { Host = "here", Place = ProcessMark.Place, Process = 1 << 29, Began = "1", Taken = "2026-11-30 01:02:03 UTC" };
}
