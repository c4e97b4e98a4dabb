using System.IO.Compression;

namespace EngageCenter.Client.Tests;

public sealed class PackageTests
{
    [Fact]
    public async Task A_project_compiles_against_the_package()
    {
        using var folder = new TempFolder();
        await Dotnet.PackAsync("Client", folder.File("packages"));
        using (var package = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(folder.File("packages"), "*.nupkg"))))
        {
            Assert.Contains(package.Entries, e => e.FullName == "README.md");
            Assert.Contains(package.Entries, e => e.FullName == "lib/net10.0/EngageCenter.Client.xml");
        }

        using (var symbols = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(folder.File("packages"), "*.snupkg"))))
        {
            Assert.Contains(symbols.Entries, e => e.FullName == "lib/net10.0/EngageCenter.Client.pdb");
        }

        // The package from the folder alone, into a folder of its own; what it rests on as the tests' own build has it.
        var restored = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(folder.File("nuget.config"), "<configuration><packageSources><clear /><add key=\"here\" value=\"packages\" /></packageSources></configuration>");
        await File.WriteAllTextAsync(folder.File("Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>restored</RestorePackagesPath>
                <RestoreFallbackFolders>{restored}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="EngageCenter.Client" Version="1.0.0" />
              </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(folder.File("Program.cs"), await ExampleAsync());
        await Dotnet.RunAsync(folder.Path, "build", "--nologo", "-v:quiet");
        Assert.True(Directory.Exists(folder.File("restored/engagecenter.client/1.0.0")));
    }

    // The README's own lines, so that it is true.
    private static async Task<string> ExampleAsync()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "Client", "README.md"));
        return readme.Split("```csharp\n")[1].Split("```")[0];
    }
}
