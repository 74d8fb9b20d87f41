using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.Cli;

[Collection("gpu")]
public sealed class DoctorOpenClTests(GpuFixture fixture)
{
    [Fact]
    public void JsonOfAnOpenClDeviceNamesEveryPrimitive()
    {
        // The same primitives, operations and steps are held against the reference on this device one by one elsewhere: all of it at once, and the rates, belong to the long form.
        Assert.SkipUnless(TestDevices.IsLong, "takes a minute more: scripts/nightly.sh");
        GpuDevice device = fixture.OpenCl;
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = DoctorVerb.Report(device, json: true, DoctorVerbTests.Console(TextWriter.Null), output, error);
        Assert.Equal((0, ""), (code, error.ToString()));
        JsonElement root = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.True(root.GetProperty("good").GetBoolean());
        Assert.StartsWith(GpuFixture.IsCuda ? "cuda:" : "opencl:", root.GetProperty("device").GetProperty("name").GetString(), StringComparison.Ordinal);
        Assert.Matches(@"^\d+\.\d+\.\d+", root.GetProperty("device").GetProperty("ilgpu").GetString());
        Assert.Contains(root.GetProperty("devices").EnumerateArray(), other => other.GetProperty("name").GetString() == "cpu" && other.GetProperty("usable").GetBoolean());
        JsonElement[] checks = [.. root.GetProperty("checks").EnumerateArray()];
        JsonElement[] primitives = [.. checks.Where(check => check.GetProperty("section").GetString() == "primitives")];
        Assert.Equal(Enum.GetNames<Primitive>(), primitives.Select(check => check.GetProperty("name").GetString()));
        Assert.All(primitives, check => Assert.True(check.GetProperty("cases").GetInt32() > 0 && check.GetProperty("error").GetDouble() <= 1));
        Assert.Equal(OperationSpecs.All.Select(spec => spec.Name), checks.Where(check => check.GetProperty("section").GetString() == "operations").Select(check => check.GetProperty("name").GetString()));
        Assert.Equal(6, checks.Count(check => check.GetProperty("section").GetString() == "networks"));
        JsonElement[] rates = [.. root.GetProperty("rates").EnumerateArray()];
        Assert.All(rates, rate => Assert.True(rate.GetProperty("value").GetDouble() > 0));
        // What is not known is not made up: OpenCL says neither lanes nor bus width.
        if (!GpuFixture.IsCuda) Assert.All(rates, rate => Assert.Equal(JsonValueKind.Null, rate.GetProperty("limit").ValueKind));
        Assert.Contains(rates, rate => rate.GetProperty("name").GetString()!.StartsWith("product ", StringComparison.Ordinal));
        Assert.Equal(3, rates.Count(rate => rate.GetProperty("name").GetString()!.Contains("3×3", StringComparison.Ordinal)));
    }
}
