# SPDX-License-Identifier: GPL-2.0-only
"""The scripts that guard the checkout must complain when they should."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
RUSTC = "rustc 1.97.1 (8bab26f4f 2026-07-14)"


class Sandbox(unittest.TestCase):
    """A directory with a copy of the scripts."""

    def setUp(self):
        self.top = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        shutil.copytree(SCRIPTS, self.top / "scripts")

    def write(self, name, text, mode=0o644):
        """Write a file of the sandbox."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def run_script(self, name, *arguments, **env):
        """Run a script; return its status and what it said."""
        done = subprocess.run([self.top / "scripts" / name, *arguments], env={**os.environ, **env},
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Unsafe(Sandbox):
    """check-unsafe.sh"""

    def judge(self, name, code):
        """Return the status for one file of the kernel modules."""
        self.write(f"kernel-module/{name}", code)
        return self.run_script("check-unsafe.sh")[0]

    def test_safe_code(self):
        self.assertEqual(self.judge("model/a.rs", "#![forbid(unsafe_code)]\nfn f() {} // unsafe in words\n"), 0)

    def test_unsafe_in_the_wrong_layer(self):
        self.assertEqual(self.judge("accounting/a.rs", "// SAFETY: fine.\nunsafe { f() }\n"), 1)

    def test_unsafe_with_reason(self):
        self.assertEqual(self.judge("netfilter/a.rs", "fn g() {\n    // SAFETY: fine.\n    unsafe { f() };\n}\n"), 0)
        self.assertEqual(self.judge("netfilter/a.rs", "// SAFETY: fine.\nunsafe impl Send for A {}\n"), 0)
        self.assertEqual(self.judge("netfilter/a.rs", "// SAFETY: fine.\nlet x =\n    unsafe { f() };\n"), 0)

    def test_unsafe_without_reason(self):
        self.assertEqual(self.judge("netfilter/a.rs", "fn g() {\n    unsafe { f() };\n}\n"), 1)
        self.assertEqual(self.judge("netfilter/a.rs", "unsafe impl Send for A {}\n"), 1)
        self.assertEqual(self.judge("netfilter/a.rs", "// SAFETY: one.\nunsafe { f() };\nunsafe { g() };\n"), 1)


class Inventory(Sandbox):
    """unsafe-inventory.py"""

    CODE = ("//! What it is for. More.\n/// unsafe { words }\nunsafe impl Send for A {}\n"
            "#[no_mangle]\nunsafe extern \"C\" fn f(g: unsafe extern \"C\" fn()) {\n    unsafe { h(\"unsafe {\", '\"') }\n}\n")

    def setUp(self):
        super().setUp()
        self.write("kernel-module/a.rs", self.CODE)
        subprocess.run(["git", "init", "-q"], cwd=self.top, check=True)
        self.assertEqual(self.run_script("unsafe-inventory.py", "--write"), (0, ""))

    def test_counts(self):
        self.assertIn("| `kernel-module/a.rs` | 1 | 1 | 1 | 1 | What it is for |\n",
                      (self.top / "docs/unsafe.md").read_text())

    def test_nothing_changed(self):
        self.write("kernel-module/b.rs", "fn safe() {}\n")
        self.assertEqual(self.run_script("unsafe-inventory.py"), (0, ""))

    def test_growth_is_noticed(self):
        self.write("kernel-module/a.rs", self.CODE + "fn k() { unsafe { h() } }\n")
        status, said = self.run_script("unsafe-inventory.py")
        self.assertEqual(status, 1)
        self.assertIn("+ | `kernel-module/a.rs` | 2 |", said)

    def test_new_file_is_noticed(self):
        self.write("userland/b.rs", "//! B.\nfn k() { unsafe { h() } }\n")
        self.assertEqual(self.run_script("unsafe-inventory.py")[0], 1)

    def test_missing_inventory(self):
        (self.top / "docs/unsafe.md").unlink()
        self.assertEqual(self.run_script("unsafe-inventory.py")[0], 1)


class InstallUserland(Sandbox):
    """install-userland.sh"""

    def installed(self):
        """Return the files below the destination."""
        root = self.top / "to"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def test_all_of_it_and_nothing_else(self):
        self.write("userland/nfacct/man/nfacct.8", "manual\n")
        self.write("built", "#!/bin/sh\necho \"$2 for $1\"\n", 0o755)
        env = {"DESTDIR": str(self.top / "to"), "PREFIX": "/usr", "NFACCT": str(self.top / "built")}
        self.assertEqual(self.run_script("install-userland.sh", "install", **env)[0], 0)
        self.assertEqual(self.installed(), [
            "usr/sbin/nfacct",
            "usr/share/bash-completion/completions/nfacct",
            "usr/share/fish/vendor_completions.d/nfacct.fish",
            "usr/share/man/man8/nfacct.8",
            "usr/share/zsh/site-functions/_nfacct",
        ])
        self.assertTrue(os.access(self.top / "to/usr/sbin/nfacct", os.X_OK))
        zsh = self.top / "to/usr/share/zsh/site-functions/_nfacct"
        self.assertEqual(zsh.read_text(), "zsh for completions\n")
        self.write("to/usr/sbin/other", "")
        self.assertEqual(self.run_script("install-userland.sh", "uninstall", **env)[0], 0)
        self.assertEqual(self.installed(), ["usr/sbin/other"])


class Spdx(Sandbox):
    """check-spdx.sh"""

    def judge(self, name, text):
        """Return the status for one tracked file."""
        self.write(name, text)
        for command in (["init", "-q"], ["add", name]):
            subprocess.run(["git", *command], cwd=self.top, check=True)
        return self.run_script("check-spdx.sh")[0]

    def test_kernel_part(self):
        self.assertEqual(self.judge("kernel-module/a.rs", "// SPDX-License-Identifier: GPL-2.0-only\n"), 0)

    def test_missing(self):
        self.assertEqual(self.judge("kernel-module/a.rs", "fn f() {}\n"), 1)

    def test_wrong_licence(self):
        self.assertEqual(self.judge("userland/a.rs", "// SPDX-License-Identifier: GPL-2.0-only\n"), 1)


class Install(Sandbox):
    """install-modules.sh, with a stand-in for kmod's programs"""

    def setUp(self):
        super().setUp()
        self.write("bin/depmod", "#!/bin/sh\n", 0o755)
        self.write("bin/modinfo", "#!/bin/sh\necho 9.9 SMP\n", 0o755)
        for name in ("nfnetlink_acct", "xt_nfacct"):
            self.write(f"build/modules/kernel-module/{name}.ko", "ELF nfacct_rs_abi_1")

    def script(self, *arguments):
        """Run the script on the sandbox's /lib/modules."""
        return self.run_script("install-modules.sh", *arguments, INSTALL_MOD_PATH=str(self.top / "root"),
                               PATH=f"{self.top}/bin:{os.environ['PATH']}")

    def installed(self):
        """Return what lies in updates/, for any kernel."""
        return sorted(p.name for p in (self.top / "root").rglob("updates/*"))

    def test_there_and_back(self):
        self.write("root/lib/modules/9.9/modules.order", "")
        self.assertEqual(self.script("install", "build/modules")[0], 0)
        self.assertEqual(self.installed(), ["nfnetlink_acct.ko", "xt_nfacct.ko"])
        # Even when what was built is gone.
        shutil.rmtree(self.top / "build")
        self.assertEqual(self.script("uninstall")[0], 0)
        self.assertEqual(self.installed(), [])

    def test_other_modules_stay(self):
        self.write("root/lib/modules/9.9/updates/nfnetlink_acct.ko", "somebody else's")
        status, said = self.script("uninstall")
        self.assertEqual((status, self.installed()), (0, ["nfnetlink_acct.ko"]))
        self.assertIn("none of our modules", said)

    def test_kernel_not_installed(self):
        status, said = self.script("install", "build/modules")
        self.assertEqual(status, 1)
        self.assertIn("kernel 9.9, which is not installed", said)

    def test_not_built(self):
        self.assertEqual(self.script("install", "nowhere")[0], 1)


# What the configuration of a good tree has.
CONFIG = "".join(f"CONFIG_{option}=y\n" for option in ("RUST", "X86_64", "SMP", "NET_NS", "PRINTK")) \
    + f'CONFIG_RUSTC_VERSION_TEXT="{RUSTC}"\n'


class KernelTree(Sandbox):
    """check-kernel-tree.sh"""

    def judge(self, **changes):
        """Check a good tree with some files or tools changed (None = absent)."""
        files = {
            "tree/.config": CONFIG,
            "tree/include/generated/autoconf.h": "",
            "tree/rust/libkernel.rmeta": "",
            "tree/rust/libcore.rmeta": "",
            "tree/rust/libmacros.so": "",
            "tree/Module.symvers": "",
            "rustc": f"#!/bin/sh\necho '{RUSTC}'\n",
            "bindgen": "#!/bin/sh\necho bindgen 0.72.1\n",
        }
        for name, text in files.items():
            text = changes.get(name, text)
            if text is not None:
                self.write(name, text, 0o755)
        return self.run_script("check-kernel-tree.sh", str(self.top / "tree"),
                               RUSTC=str(self.top / "rustc"), BINDGEN=str(self.top / "bindgen"))

    def assert_named(self, what, **changes):
        """The tree is refused and the missing piece is named."""
        status, said = self.judge(**changes)
        self.assertEqual(status, 1, said)
        self.assertEqual(said.count("\n  - "), 1, said)
        self.assertIn(what, said)

    def test_good_tree(self):
        self.assertEqual(self.judge(), (0, ""))

    def test_no_directory(self):
        status, said = self.run_script("check-kernel-tree.sh", str(self.top / "nothing"))
        self.assertEqual(status, 1)
        self.assertIn("no such directory", said)

    def test_not_configured(self):
        self.assert_named("no .config", **{"tree/.config": None})

    def test_rust_off(self):
        self.assert_named("CONFIG_RUST is off", **{
            "tree/.config": CONFIG.replace("CONFIG_RUST=y\n", "")})

    def test_no_namespaces(self):
        self.assert_named("CONFIG_NET_NS is off", **{
            "tree/.config": CONFIG.replace("CONFIG_NET_NS=y\n", "")})

    def test_other_architecture(self):
        self.assert_named("x86-64", **{
            "tree/.config": CONFIG.replace("X86_64", "ARM64")})

    def test_other_compiler(self):
        self.assert_named("symbols would not match", rustc="#!/bin/sh\necho rustc 1.98.0\n")

    def test_no_compiler(self):
        self.assert_named("is missing", rustc="#!/bin/sh\nexit 127\n")

    def test_no_bindgen(self):
        self.assert_named("bindgen is missing", bindgen="#!/bin/sh\nexit 127\n")

    def test_no_rust_artefacts(self):
        self.assert_named("rust/libkernel.rmeta is missing", **{"tree/rust/libkernel.rmeta": None})

    def test_no_symvers(self):
        self.assert_named("Module.symvers is missing", **{"tree/Module.symvers": None})

    def test_not_prepared(self):
        self.assert_named("include/generated is missing", **{"tree/include/generated/autoconf.h": None})
