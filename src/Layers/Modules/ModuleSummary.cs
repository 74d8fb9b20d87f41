using System.Globalization;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The table behind <see cref="ModuleBase.Summary"/>.</summary>
internal static class ModuleSummary
{
    public static string Of(ModuleBase root)
    {
        var rows = new List<(string Path, string What, string Count, string State)>();
        long total = 0, trainable = 0;
        foreach (Parameter parameter in root.Parameters())
        {
            total += parameter.Shape.Count;
            if (!parameter.IsFrozen) trainable += parameter.Shape.Count;
        }
        foreach (ModuleBase module in root.Children.Count == 0 ? [root] : root.Children)
        {
            long count = module.Parameters().Sum(parameter => (long)parameter.Shape.Count);
            rows.Add((module.Path, module.ToString() ?? "", Number(count), module.IsFrozen ? "frozen" : ""));
        }
        int path = rows.Max(row => row.Path.Length), what = rows.Max(row => row.What.Length), width = rows.Max(row => row.Count.Length);
        var text = new StringBuilder();
        foreach ((string p, string w, string c, string s) in rows)
            text.AppendLine($"{p.PadRight(path)}  {w.PadRight(what)}  {c.PadLeft(width)}  {s}".TrimEnd());
        return text.Append(CultureInfo.InvariantCulture, $"{Number(total)} parameters, {Number(trainable)} trainable").ToString();
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
