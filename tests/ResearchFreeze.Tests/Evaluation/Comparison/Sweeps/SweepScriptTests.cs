using System.Diagnostics;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class SweepScriptTests : IDisposable
{
    private static readonly SweepPilot Measured = new("never-s0", 60.1, 700L << 20);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ARunThatNeedsAnotherIsOfALaterStageUnlessThatIsThere()
    {
        ComparisonPlan plan = Plan();
        Assert.Equal([["never-s0", "adaptive-s0"], ["shuffled-adaptive-s0"]], Names(SweepStages.Of(plan, _ => true)));
        Assert.Equal([["never-s0", "shuffled-adaptive-s0"]], Names(SweepStages.Of(plan, run => run.Name != "adaptive-s0")));
        Assert.Empty(SweepStages.Of(plan, _ => false));
    }

    [Fact]
    public void WhatIsAskedForIsTimesWhatWasMeasured()
    {
        Assert.Equal((5, 1050), (Measured.Minutes, Measured.Megabytes));
        Assert.Equal((1 + 1, 512), (new SweepPilot("a", 0.2, 1).Minutes, new SweepPilot("a", 0.2, 1).Megabytes));
        Assert.Equal("never-s0 took 60.1 s and 700 MB at most; asked for are 3 times the seconds and a minute for the start, and 1.5 times the memory but at least 512 MB: 5 min and 1050 MB", Measured.Sentence);
        Assert.Equal("never-s0", SweepPilot.Of(Plan()).Name);
    }

    [Fact]
    public void LinesForParallelQuoteWhatAShellWouldRead()
    {
        var setting = new SweepSetting(["/usr/bin/dotnet", "exec", "/my tools/freeze.dll"], "/a b/it's $HOME", "/work dir");
        Assert.Equal(
            [
                """
                # freeze sweep: stage 1 of 2, a line a run
                cd '/work dir' && /usr/bin/dotnet exec '/my tools/freeze.dll' sweep '/a b/it'\''s $HOME' --run never-s0 >>'/a b/it'\''s $HOME/logs/never-s0.txt' 2>&1
                cd '/work dir' && /usr/bin/dotnet exec '/my tools/freeze.dll' sweep '/a b/it'\''s $HOME' --run adaptive-s0 >>'/a b/it'\''s $HOME/logs/adaptive-s0.txt' 2>&1

                """.ReplaceLineEndings("\n"),
                """
                # freeze sweep: stage 2 of 2, a line a run; they need runs of stage 1: start it when that one has ended
                cd '/work dir' && /usr/bin/dotnet exec '/my tools/freeze.dll' sweep '/a b/it'\''s $HOME' --run shuffled-adaptive-s0 >>'/a b/it'\''s $HOME/logs/shuffled-adaptive-s0.txt' 2>&1

                """.ReplaceLineEndings("\n"),
            ],
            CommandFile.Texts(setting, SweepStages.Of(Plan(), _ => true)));
        Assert.Contains("has a line end", Assert.Throws<ArgumentException>(() => CommandFile.Texts(setting with { Folder = "/a\nb" }, SweepStages.Of(Plan(), _ => true))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSlurmScriptIsAsWritten()
    {
        var setting = new SweepSetting(["/usr/bin/dotnet", "exec", "/my tools/freeze.dll"], "/a b/it's $HOME", "/work 'dir'") { Jobs = 4 };
        string text = SlurmScript.Text(setting, SweepStages.Of(Plan(), _ => true), Measured, 2, needsGpu: true);
        Assert.StartsWith(
            """
            #!/bin/bash
            # freeze sweep: 3 runs in 2 stages. Submit with: bash sweep.slurm [options of sbatch, as --partition=NAME]
            # A run that is done is left alone, and one that was stopped goes on from its checkpoint: submitting again is safe. What runs print is in logs/NAME.txt.
            # Each stage is an array of jobs. Runs of stage 2 need runs of stage 1, whose freezes they repeat or whose saving they spend: it begins when all of stage 1 have ended, however they ended (afterany).
            # Measured: never-s0 took 60.1 s and 700 MB at most; asked for are 3 times the seconds and a minute for the start, and 1.5 times the memory but at least 512 MB: 5 min and 1050 MB.
            #SBATCH --job-name=it-s--HOME
            #SBATCH --time=00:05:00
            #SBATCH --mem=1050M
            #SBATCH --cpus-per-task=2
            #SBATCH --gres=gpu:1
            # A minute before its time is over a run writes a checkpoint and ends.
            #SBATCH --signal=B:TERM@60
            #SBATCH --requeue
            #SBATCH --output=/dev/null

            freeze=(/usr/bin/dotnet exec '/my tools/freeze.dll')
            # Where the plan's relative paths begin.
            work='/work '\''dir'\'''
            stage1=(
                never-s0
                adaptive-s0
            )
            stage2=(
                shuffled-adaptive-s0
            )

            """.ReplaceLineEndings("\n"), text, StringComparison.Ordinal);
        Assert.Contains("--array=\"0-$last%4\"", text, StringComparison.Ordinal);
        string one = SlurmScript.Text(setting with { Jobs = null, Folder = "/é" }, SweepStages.Of(Plan(), run => run.Name == "never-s0"), Measured with { Seconds = 7200 }, 1, needsGpu: false);
        Assert.Contains("1 run in 1 stage.", one, StringComparison.Ordinal);
        Assert.Contains("#SBATCH --time=06:01:00\n", one, StringComparison.Ordinal);
        Assert.Contains("#SBATCH --job-name=sweep\n", one, StringComparison.Ordinal);
        Assert.Contains("--array=\"0-$last\"", one, StringComparison.Ordinal);
        Assert.DoesNotContain("gres", one, StringComparison.Ordinal);
    }

    /// <summary>By a program in place of sbatch that writes its arguments, and the script called as Slurm would.</summary>
    [Fact]
    public async Task TheSlurmScriptSubmitsEveryRunOnceAndRunsTheOneOfItsNumber()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is bash's.");
        string study = Path.Combine(folder.Root, "it's a $(study)"), work = Path.Combine(folder.Root, "a \"work\" folder"), bin = Path.Combine(folder.Root, "bin"), said = Path.Combine(folder.Root, "said");
        foreach (string made in (string[])[study, work, bin]) Directory.CreateDirectory(made);
        string sbatch = Path.Combine(bin, "sbatch"), freeze = Path.Combine(folder.Root, "my freeze");
        File.WriteAllText(sbatch, $"#!/bin/sh\nprintf '%s|' \"$@\" >>'{said}'\necho >>'{said}'\nwc -l <'{said}' | tr -d ' '\n");
        File.WriteAllText(freeze, "#!/bin/sh\nprintf '%s|' \"$PWD\" \"$DOTNET_PROCESSOR_COUNT\" \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            foreach (string program in (string[])[sbatch, freeze]) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        ComparisonPlan plan = Plan(1500);
        string script = Path.Combine(study, SlurmScript.File);
        SweepFile.Write(script, SlurmScript.Text(new SweepSetting([freeze], study, work), SweepStages.Of(plan, _ => true), Measured, 1, needsGpu: false));
        Assert.Equal("stage 1: job 1, 1000 runs\nstage 1: job 2, 501 runs\nstage 2: job 3, 1 runs\n", await Bash(bin, [], script, "--partition=a b"));
        Assert.Equal(
            [
                $"--parsable|--array=0-999|--partition=a b|--|{script}|--run|{study}|1|0|",
                $"--parsable|--array=0-500|--partition=a b|--|{script}|--run|{study}|1|1000|",
                $"--parsable|--array=0-0|--dependency=afterany:1:2|--partition=a b|--|{script}|--run|{study}|2|0|",
            ],
            File.ReadAllLines(said));
        Assert.Equal("", await Bash(bin, [("SLURM_ARRAY_TASK_ID", "500"), ("SLURM_CPUS_PER_TASK", "3")], script, "--run", study, "1", "1000"));
        Assert.Equal($"{work}|3|sweep|{study}|--run|adaptive-s0|", File.ReadAllText(Path.Combine(study, "logs", "adaptive-s0.txt")));
        Assert.Equal("", await Bash(bin, [("SLURM_ARRAY_TASK_ID", "7")], script, "--run", study, "1", "1000"));
        Assert.Equal($"{work}||sweep|{study}|--run|static-1007-s0|", File.ReadAllText(Path.Combine(study, "logs", "static-1007-s0.txt")));
    }

    [Fact]
    public void WhatNoSweepHasWrittenIsNotReplaced()
    {
        string path = Path.Combine(folder.Root, "sweep-1.txt");
        SweepFile.Write(path, $"{SweepFile.Mark} one\n");
        SweepFile.Write(path, $"{SweepFile.Mark} two\n");
        Assert.Equal($"{SweepFile.Mark} two\n", File.ReadAllText(path));
        File.WriteAllText(path, "mine");
        Assert.Equal($"'{path}' was not written by a sweep, so it is not replaced.", Assert.Throws<IOException>(() => SweepFile.Write(path, $"{SweepFile.Mark} three\n")).Message);
        Assert.Equal("mine", File.ReadAllText(path));
    }

    private static string[][] Names(IReadOnlyList<IReadOnlyList<PlannedRun>> stages) => [.. stages.Select(stage => stage.Select(run => run.Name).ToArray())];

    private static ComparisonPlan Plan(int more = 0)
    {
        PlannedRun[] all =
        [
            Run("never-s0", null, 1), .. Enumerable.Range(1, more == 0 ? 0 : more - 1).Select(number => Run($"static-{number}-s0", null, null)), Run("adaptive-s0", null, null),
            Run("shuffled-adaptive-s0", "adaptive-s0", null),
        ];
        return new ComparisonPlan { Methods = ["adaptive"], Seeds = [0], Jobs = 1, Steps = 10, Primary = "accuracy", HigherIsBetter = true, ControlsOf = "adaptive", NotRun = [], All = all };
    }

    private static PlannedRun Run(string name, string? needs, double? fraction) => new() { Name = name, Role = RunRole.Method, Method = name, Seed = 0, Needs = needs, Fraction = fraction, Command = "", Settings = new Dictionary<string, string>() };

    private static async Task<string> Bash(string bin, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("", 0), (await error, process.ExitCode));
        return await output;
    }
}
