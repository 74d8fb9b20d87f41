using System.Globalization;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>What cannot be read of a run is one line that says where, and what cannot be repeated is found before training.</summary>
public sealed class DamagedRunTests : IDisposable
{
    private const string Head = """{"schema":3,"criterion":"c","rule":"r","division":"block","checkEvery":2,"warmUpSteps":0,"units":["fc1","fc2","fc3"]}""";
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public DamagedRunTests() => FreezeRun.Images(images);

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Theory]
    [InlineData("\"criterion\":\"c\"", "\"criterion\":5", "'criterion' must be text, found 5")]
    [InlineData("\"criterion\":\"c\"", "\"criterion\":null", "'criterion' must be text, found null")]
    [InlineData("\"criterion\":\"c\"", "\"criterion\":\"\\ud800\"", "'criterion' has half of a character, found \"\\ud800\"")]
    [InlineData("\"rule\":\"r\"", "\"rule\":{}", "'rule' must be text, found an object")]
    [InlineData("\"rule\":\"r\",", "", "'rule' is missing")]
    [InlineData("\"rule\":\"r\"", "\"rule\":\"r\",\"rule\":\"s\"", "'rule' is given twice")]
    [InlineData("\"units\":[\"fc1\",\"fc2\",\"fc3\"]", "\"units\":[1]", "'units[0]' must be text, found 1")]
    [InlineData("\"units\":[\"fc1\",\"fc2\",\"fc3\"]", "\"units\":[null]", "'units[0]' must be text, found null")]
    [InlineData("\"units\":[\"fc1\",\"fc2\",\"fc3\"]", "\"units\":\"fc1\"", "'units' must be a list, found \"fc1\"")]
    [InlineData("\"checkEvery\":2", "\"checkEvery\":0", "'checkEvery' must be at least 1, found 0")]
    [InlineData("\"checkEvery\":2", "\"checkEvery\":2.5", "'checkEvery' must be a whole number of 32 bits, found 2.5")]
    [InlineData("\"checkEvery\":2", "\"checkEvery\":99999999999", "'checkEvery' must be a whole number of 32 bits, found 99999999999")]
    [InlineData("\"warmUpSteps\":0", "\"warmUpSteps\":-1", "'warmUpSteps' must be 0 or more, found -1")]
    [InlineData("\"schema\":3", "\"schema\":2", "schema 2, expected 3")]
    [InlineData("\"schema\":3,", "", "schema none, expected 3")]
    [InlineData("\"schema\":3", "\"schema\":\"3\"", "schema none, expected 3")]
    public void Case39_AHeadThatIsDamagedIsOneLine(string part, string other, string says) => Fails(1, says, Head.Replace(part, other, StringComparison.Ordinal));

    [Theory]
    [InlineData("\"action\":\"freeze\"", "\"action\":\"99999999999\"", "'action' must be freeze or thaw or refuse or adjust or rollback or stop or pin or unpin, found \"99999999999\"")]
    [InlineData("\"action\":\"freeze\"", "\"action\":\"99\"", "'action' must be freeze or thaw")]
    [InlineData("\"action\":\"freeze\"", "\"action\":\"0\"", "'action' must be freeze or thaw")]
    [InlineData("\"action\":\"freeze\"", "\"action\":0", "'action' must be freeze or thaw or refuse or adjust or rollback or stop or pin or unpin, found 0")]
    [InlineData("\"action\":\"freeze\"", "\"action\":\"freeze,thaw\"", "'action' must be freeze or thaw")]
    [InlineData("\"action\":\"freeze\"", "\"action\":\" freeze\"", "'action' must be freeze or thaw")]
    [InlineData("\"action\":\"freeze\"", "\"action\":null", "'action' must be freeze or thaw or refuse or adjust or rollback or stop or pin or unpin, found null")]
    [InlineData("\"action\":\"freeze\"", "\"action\":\"freeze\",\"stateAction\":\"1\"", "'stateAction' must be keep or drop or offload, found \"1\"")]
    [InlineData("\"action\":\"freeze\"", "\"action\":\"thaw\",\"stateAction\":\"drop\"", "'stateAction' is a frozen unit's, found a thaw")]
    [InlineData("\"step\":4", "\"step\":\"4\"", "'step' must be a whole number of 32 bits, found \"4\"")]
    [InlineData("\"step\":4", "\"step\":-1", "'step' must be 0 or more, as in the line before, found -1")]
    [InlineData("\"unit\":0", "\"unit\":3", "Freeze of unit 3, expected one in [0, 3)")]
    [InlineData("\"unit\":0", "\"unit\":1", "'path' of unit 1 must be \"fc2\", found \"fc1\"")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"rateScale\":-1", "'rateScale' must be 0 or more, found -1")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"rateScale\":1e300", "'rateScale' must be a finite number, found 1e300")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"score\":1e999", "'score' must be a finite number, found 1e999")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"learningRate\":-0.5", "'learningRate' must be 0 or more, found -0.5")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"restoredStep\":0", "a freeze with restoredStep")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"updateMasks\":[{\"axis\":\"rows\",\"trains\":\"102\"}]", "'updateMasks' must have 0 and 1 a part in 'trains', found \"102\"")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"updateMasks\":[{\"axis\":\"2\",\"trains\":\"10\"}]", "'updateMasks[0].axis' must be scalars or rows or channels, found \"2\"")]
    [InlineData("\"reason\":\"w\"", "\"reason\":\"w\",\"observation\":{\"step\":1,\"steps\":1,\"values\":{\"s\":[1,\"2\"]}}", "'observation.values.s[1]' must be a finite number, found \"2\"")]
    [InlineData("\"trigger\":\"rule\"", "\"trigger\":\"guard\"", "a freeze by 'guard', which only thaws and takes back")]
    public void Case39_AChangeThatIsDamagedIsOneLine(string part, string other, string says) => Fails(2, says, Head, Change(4, 0, "freeze").Replace(part, other, StringComparison.Ordinal));

    [Theory]
    [InlineData("[]", "a check without unit 0, which none before it has shown")]
    [InlineData("{}", "'check' must be a list, found an object")]
    [InlineData("[null]", "'check[0]' must be an object, found null")]
    [InlineData("""[{"unit":0,"frozen":1}]""", "'check[0].frozen' must be true or false, found 1")]
    [InlineData("""[{"unit":3}]""", "'check[0].unit' must be in [0, 3), found 3")]
    [InlineData("""[{"unit":1},{"unit":0}]""", "'check[1].unit' must be in [2, 3), found 0")]
    [InlineData("""[{"unit":1,"age":5}]""", "'check[0].age' must be in [0, 4], found 5")]
    [InlineData("""[{"unit":1,"age":-1}]""", "'check[0].age' must be in [0, 4], found -1")]
    public void Case39_ACheckThatIsDamagedIsOneLine(string check, string says) => Fails(2, says, Head, $"{{\"step\":4,\"check\":{check}}}");

    [Fact]
    public void Case39_StepsThatGoBackAreNamed() => Fails(4, "'step' must be 6 or more, as in the line before, found 4", Head, Change(4, 0, "freeze"), Change(6, 0, "thaw"), Change(4, 1, "freeze"));

    [Theory]
    [InlineData(3, "a rollback to step 5, but the last freeze that one returns to is nowhere before", "4 0 freeze", "8 -1 rollback 5")]
    [InlineData(2, "a rollback to step 8, but the last freeze that one returns to is nowhere before", "4 -1 rollback 8", "8 0 freeze")]
    [InlineData(4, "a rollback to step 4, but the last freeze that one returns to is of step 6", "4 0 freeze", "6 1 freeze", "8 -1 rollback 4", "9 -1 rollback 6")]
    [InlineData(3, "a freeze at step 4 behind what a measurement of that step has led to", "4 0 thaw regression", "4 1 freeze")]
    public void Case41_RollbacksThatCannotBeMadeAreNamed(int line, string says, params string[] changes) => Fails(line, says, [Head, .. changes.Select(Written)]);

    [Theory]
    [InlineData("4 2 freeze", "line 2: freezes the head 'fc3', which is never frozen")]
    [InlineData("0 1 masks 111,1", "line 2: Update mask of 'fc2.weight': Rows of shape (4, 5) need 4 entries, found 3")]
    [InlineData("0 1 masks 1111", "line 2: Freezing: unit 'fc2' has 2 parameters, the rule gave 1 update masks")]
    public void Case41_WhatThisModelCannotRepeatIsFoundBeforeTraining(string change, string says)
    {
        Train();
        File.WriteAllText(Path.Combine(Run, "decisions.jsonl"), $"{Head}\n{Written(change)}\n");
        Replayed(says);
    }

    [Theory]
    [InlineData("\"model\": \"mlp:6,5,4,3\"", "\"model\": null", "line 3, is not a run's settings: 'model' must be text, found null")]
    [InlineData("\"model\": \"mlp:6,5,4,3\"", "\"model\": 7", "line 3, is not a run's settings: 'model' must be text, found 7")]
    [InlineData("\"model\": \"mlp:6,5,4,3\",", "", "'model' is missing")]
    [InlineData("\"threads\": 1", "\"threads\": 100000", "is not a run's settings: Training: threads must be between 0 and 1024, found 100000")]
    [InlineData("\"threads\": 1", "\"threads\": -1", "threads must be between 0 and 1024, found -1")]
    [InlineData("\"epochs\": 2", "\"epochs\": 0", "epochs must be at least 1, found 0")]
    [InlineData("\"epochs\": 2", "\"epochs\": 1e3", "line 9, is not a run's settings: 'epochs' must be a whole number of 32 bits, found 1e3")]
    [InlineData("\"epochs\": 2", "\"epochs\": 2, \"epoch\": 3", "line 9, is not a run's settings: 'epoch' is unknown; known are schema, model, data")]
    [InlineData("\"lr\": 0.1", "\"lr\": 1e39", "'lr' must be a finite number, found 1e39")]
    [InlineData("\"lr\": 0.1", "\"lr\": 0", "learning rate must be positive and finite, found 0")]
    [InlineData("\"seed\": 42", "\"seed\": -1", "'seed' must be a whole number from 0, found -1")]
    [InlineData("\"schema\": 1", "\"schema\": 0", "line 1, is not a run's settings: schema 0, expected 1")]
    [InlineData("\"units\": \"block\"", "\"units\": \"atom\"", "Units 'atom' are unknown")]
    [InlineData("\"device\": \"cpu\"", "\"device\": \"cpu\"}", "is not a run's settings: ")]
    public void Case44_SettingsThatAreDamagedAreOneLineWithTheCommandLinesLimits(string part, string other, string says)
    {
        Train();
        string path = Path.Combine(Run, "config.json"), text = File.ReadAllText(path);
        Assert.Contains(part, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(part, other, StringComparison.Ordinal));
        Replayed(says);
    }

    [Fact]
    public void AMarkOfTheByteOrderAndOtherLineEndsAreNoDamage()
    {
        Train();
        foreach (string name in new[] { "config.json", "decisions.jsonl" })
        {
            string path = Path.Combine(Run, name);
            File.WriteAllText(path, File.ReadAllText(path).Replace("\n", "\r\n", StringComparison.Ordinal), System.Text.Encoding.UTF8);
        }
        Assert.Equal((0, ""), (FreezeRun.Of("explain", Run).Code, FreezeRun.Of("train", "--replay", Run, "--out", Path.Combine(folder.Root, "again")).Error));
    }

    private static string Change(int step, int unit, string action, string more = "") =>
        $"{{\"step\":{step},\"unit\":{unit},\"path\":\"{(unit < 0 ? "(all)" : $"fc{unit + 1}")}\",\"action\":\"{action}\",\"trigger\":\"rule\",\"reason\":\"w\"{more}}}";

    /// <summary>Step, unit, action, and what it takes.</summary>
    private static string Written(string change)
    {
        string[] words = change.Split(' ');
        (int step, int unit, string action) = (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture), words[2]);
        return action switch
        {
            "rollback" => Change(step, unit, action, $",\"restoredStep\":{words[3]}"),
            "masks" => Change(step, unit, "adjust", $",\"updateMasks\":[{string.Join(',', words[3].Split(',').Select(mask => $"{{\"axis\":\"rows\",\"trains\":\"{mask}\"}}"))}]"),
            _ => words.Length > 3 ? Change(step, unit, action).Replace("\"rule\"", $"\"{words[3]}\"", StringComparison.Ordinal) : Change(step, unit, action),
        };
    }

    private void Train() => Assert.Equal(
        0, FreezeRun.Of("train", "--data", images.Root, "--model", "mlp:6,5,4,3", "--policy", "never", "--epochs", "2", "--batch", "6", "--device", "cpu", "--threads", "1", "--out", Run).Code);

    /// <summary>Explaining a log of these lines fails and says so.</summary>
    private void Fails(int line, string says, params string[] lines)
    {
        string path = folder.Write("log.jsonl", System.Text.Encoding.UTF8.GetBytes($"{string.Join('\n', lines)}\n"));
        FreezeRun run = FreezeRun.Of("explain", path);
        Assert.Equal((2, ""), (run.Code, run.Output));
        string message = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"error: '{path}', line {line}", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    private void Replayed(string says)
    {
        string again = Path.Combine(folder.Root, "again");
        FreezeRun run = FreezeRun.Of("train", "--replay", Run, "--out", again);
        Assert.Equal((2, ""), (run.Code, run.Output));
        string message = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(again));
    }
}
