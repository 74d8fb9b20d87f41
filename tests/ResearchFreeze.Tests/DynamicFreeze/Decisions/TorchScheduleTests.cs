using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What the program does in PyTorch is held against the log by <c>scripts/schedule-check.sh</c>; here is what is written.</summary>
public class TorchScheduleTests
{
    private const string First = """{"schema":3,"criterion":"drift","rule":"prefix-patience\u002Bcap","division":"block","checkEvery":8,"warmUpSteps":0,"rateDrop":0,"regressionMargin":0,"thawAfterSteps":0,"probeEvery":0,"probeDebt":0,"guardMargin":0,"mostFrozen":1,"mostAtOnce":1,"units":["stem","embed\u002Bdecode","head"]}""";

    [Fact]
    public void FreezesThawsRatesAndDropsAreWrittenInTheOrderOfTheirSteps()
    {
        string program = Of(First,
            """{"step":0,"unit":0,"path":"stem","action":"freeze","trigger":"rule","rateScale":0.5,"learningRate":0.1}""",
            """{"step":8,"check":[{"unit":0,"frozen":true,"age":8},{"unit":1,"score":1},{"unit":2,"score":2}]}""",
            """{"step":8,"unit":2,"path":"head","action":"refuse","trigger":"rule","reason":"the head is never frozen","learningRate":0.1}""",
            """{"step":8,"unit":1,"path":"embed\u002Bdecode","action":"freeze","trigger":"rule","stateAction":"drop","learningRate":0.1}""",
            """{"step":9,"rates":[{"unit":2,"scale":0.00001}]}""",
            """{"step":16,"unit":0,"path":"stem","action":"thaw","trigger":"timer","learningRate":0.1}""",
            """{"step":24,"unit":-1,"path":"(all)","action":"stop","trigger":"rule","reason":"done","learningRate":0.1}""");
        string data = program[program.IndexOf("UNITS = {", StringComparison.Ordinal)..program.IndexOf("\n\n\nclass ", StringComparison.Ordinal)];
        Assert.Equal(
            """
            UNITS = {
                "stem": ["stem"],
                "embed+decode": ["embed", "decode"],
                "head": ["head"],
            }

            # (steps taken when it was decided, unit, what): it holds from the next step on. "drop": the optimizer's state of the unit is dropped; "rate", scale: the unit's rate is multiplied with it.
            EVENTS = [
                (0, "stem", "freeze"),
                (0, "stem", "rate", 0.5),
                (8, "embed+decode", "freeze"),
                (8, "embed+decode", "drop"),
                (9, "head", "rate", 1e-05),
                (16, "stem", "thaw"),
            ]

            # The step after which the run's rule ended it.
            STOP = 24
            """.ReplaceLineEndings("\n"), data);
        Assert.StartsWith("\"\"\"When which unit was frozen in a run of ResearchFreeze, for PyTorch: criterion drift, rule prefix-patience+cap, units by block.\n\n    from schedule import Schedule\n", program, StringComparison.Ordinal);
        Assert.EndsWith("        self.norms = [(m, units) for m, units in norms if None not in units]\n", program, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', program);
    }

    [Fact]
    public void TensorsHavePyTorchsNamesAndNamesThatAreNoPathsAreLeftToTheUser()
    {
        string tensors = Of(First.Replace("\"block\"", "\"tensor\"", StringComparison.Ordinal).Replace("\"stem\",\"embed\\u002Bdecode\",\"head\"", "\"norm.gamma\",\"embed.weight\\u002Bhead.weight\",\"lstm.hiddenWeight\",\"gamma\"", StringComparison.Ordinal));
        Assert.Contains("    \"norm.gamma\": [\"norm.weight\"],\n    \"embed.weight+head.weight\": [\"embed.weight\", \"head.weight\"],\n    \"lstm.hiddenWeight\": [\"lstm.weight_hh_l0\"],\n    \"gamma\": [\"weight\"],\n", tensors, StringComparison.Ordinal);
        Assert.Contains("EVENTS = [\n]\n", tensors, StringComparison.Ordinal);
        Assert.Contains("STOP = None\n", tensors, StringComparison.Ordinal);
        string own = Of(First.Replace("\"stem\",\"embed\\u002Bdecode\"", "\"(own)\",\"a\\u002Bb\\u002B...\\u002Bz\"", StringComparison.Ordinal));
        Assert.Contains("    \"(own)\": [],\n    \"a+b+...+z\": [],\n    \"head\": [\"head\"],\n", own, StringComparison.Ordinal);
        Assert.Contains("    \"stem\": [],\n", Of(First.Replace("\"block\"", "\"predicate\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"step":9,"unit":0,"path":"stem","action":"adjust","trigger":"rule","cutRate":0.5,"learningRate":0.1}""", "line 3: a PyTorch schedule cannot cut the branches of 'stem'; expected freezes, thaws and rates.")]
    [InlineData("""{"step":9,"unit":0,"path":"stem","action":"adjust","trigger":"rule","updateMasks":[{"axis":"rows","trains":"10"},null],"learningRate":0.1}""", "line 3: a PyTorch schedule has no update masks, 'stem' has one; expected freezes, thaws and rates.")]
    [InlineData("""{"step":9,"unit":-1,"path":"(all)","action":"rollback","trigger":"guard","restoredStep":8,"learningRate":0.1}""", "line 3: a PyTorch schedule cannot go back to the weights of step 8; expected freezes, thaws and rates.")]
    public void WhatPyTorchCannotRepeatIsAnErrorWithItsLine(string line, string expected)
    {
        string freeze = """{"step":8,"unit":0,"path":"stem","action":"freeze","trigger":"rule","learningRate":0.1}""";
        ArgumentException error = Assert.Throws<ArgumentException>(() => Of(First, freeze, line));
        Assert.EndsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatWasDoneByHandIsSaid()
    {
        using var folder = new TemporaryFolder();
        var record = DecisionRecord.Read(Written(folder, First[..^1] + ""","pinned":["stem frozen"]}""", """{"step":8,"unit":0,"path":"stem","action":"pin","trigger":"hand","learningRate":0.1}"""));
        Assert.Equal(["set by hand before the run, not in the schedule: stem frozen", "by hand at step 8, not in the schedule: pin stem"], TorchSchedule.NotRepeated(record));
        Assert.Contains("EVENTS = [\n]\n", TorchSchedule.Of(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("norm.beta", "norm.bias")]
    [InlineData("norm.runningVariance", "norm.running_var")]
    [InlineData("conv.weight", "conv.weight")]
    [InlineData("gamma.weight", "gamma.weight")]
    public void AParametersNameIsPyTorchs(string ours, string theirs) => Assert.Equal(theirs, TorchLayout.NameOf(ours));

    private static string Of(params string[] lines)
    {
        using var folder = new TemporaryFolder();
        return TorchSchedule.Of(DecisionRecord.Read(Written(folder, lines)));
    }

    private static string Written(TemporaryFolder folder, params string[] lines)
    {
        string path = Path.Combine(folder.Root, "decisions.jsonl");
        File.WriteAllText(path, string.Concat(lines.Select(line => line + "\n")));
        return path;
    }
}
