using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary><c>freeze runs</c>: what lies in a folder of runs, whatever state it is in.</summary>
public class RunsVerbTests
{
    [Fact]
    public void RunsAreListedByNameWithTheirStateAndWhatIsNoRunIsLeftOut()
    {
        using var folder = new TemporaryFolder();
        string data = FreezeRun.Images(folder), runs = Path.Combine(folder.Root, "runs");
        string[] small = ["--data", data, "--model", "mlp:6,5,4,3", "--epochs", "2", "--batch", "6", "--threads", "1", "--device", "cpu"];
        Assert.Equal(0, FreezeRun.Of(["train", .. small, "--policy", "static:1", "--seed", "7", "--out", Path.Combine(runs, "b")]).Code);
        Assert.Equal(0, FreezeRun.Of(["train", .. small, "--policy", "never", "--out", Path.Combine(runs, "a")]).Code);
        Directory.CreateDirectory(Path.Combine(runs, "killed"));
        File.Copy(Path.Combine(runs, "a", "config.json"), Path.Combine(runs, "killed", "config.json"));
        Directory.CreateDirectory(Path.Combine(runs, "notes"));

        FreezeRun listed = FreezeRun.Of("runs", runs);
        Assert.Equal((0, ""), (listed.Code, listed.Error));
        string[] lines = [.. listed.Output.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Contains("mlp:6,5,4,3", StringComparison.Ordinal))];
        Assert.Equal(["a", "b", "killed"], lines.Select(line => line.Split(' ')[0]));
        Assert.Contains("static:1", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("unfinished", lines[2], StringComparison.Ordinal);
        Assert.DoesNotContain("notes", listed.Output, StringComparison.Ordinal);

        string[][] table = [.. FreezeRun.Of("runs", runs, "--csv").Output.ReplaceLineEndings("\n").Trim().Replace("\"mlp:6,5,4,3\"", "mlp", StringComparison.Ordinal).Split('\n').Select(line => line.Split(','))];
        Assert.Equal("run,model,data,policy,seed,epochs,steps,state,testAccuracy,flops,savedFlops,seconds,primary,testPrimary", string.Join(',', table[0]));
        Assert.Equal(["b", "mlp", "static:1", "7", "2"], [table[2][0], table[2][1], table[2][3], table[2][4], table[2][5]]);
        Assert.Equal(["unfinished", "", ""], [table[3][7], table[3][8], table[3][11]]);
        Assert.True(double.Parse(table[2][10], System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal("0", table[1][10]);
        Assert.Equal(["accuracy", table[2][8]], table[2][12..]);
    }

    [Fact]
    public void ADamagedRunIsNamedAndTheOthersAreListed()
    {
        using var folder = new TemporaryFolder();
        string runs = Path.Combine(folder.Root, "runs"), bad = Path.Combine(runs, "bad");
        Directory.CreateDirectory(bad);
        File.WriteAllText(Path.Combine(bad, "config.json"), "{}");
        FreezeRun listed = FreezeRun.Of("runs", runs);
        Assert.Equal(1, listed.Code);
        Assert.StartsWith($"warning: '{Path.Combine(bad, "config.json")}', line 1, is not a run's settings", listed.Error, StringComparison.Ordinal);
        Assert.Contains("damaged", listed.Output, StringComparison.Ordinal);

        File.Delete(Path.Combine(bad, "config.json"));
        Assert.Equal((0, $"no runs in {runs}"), (FreezeRun.Of("runs", runs).Code, FreezeRun.Of("runs", runs).Output.Trim()));
        FreezeRun nowhere = FreezeRun.Of("runs", Path.Combine(folder.Root, "nowhere"));
        Assert.Equal(2, nowhere.Code);
        Assert.Contains("no folder", nowhere.Error, StringComparison.Ordinal);
    }
}
